package storetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// words are the values of random resources and filters: few, so that they meet,
// and such as databases get wrong.
var words = rapid.SampledFrom([]string{
	"ada", "Ada", "ADA@example.com", "ada@example.com", "bob", "Straße", "STRASSE", "strasse", "Éva", "éva", "e\u0301va",
	"İ", "i̇", "ſ", "s", "Ω", "ω", "ς", "σ", "work", "Work", "home", "true", "True", "false", "0", "1", "2", "10",
	"a%b", "a_b", `a"b`, `a\b`, "a'b", "a b", "%", "_", "\uffff", "\U0010ffff", "a\U0010ffffb", "日本", "2026-11-21T09:00:01Z", "synced", "W/\"1\"",
	"user", "group", "<&>",
})

// some draws a value that may be absent, null or empty.
func some(t *rapid.T, label string, m map[string]any, name string, v any) {
	switch rapid.IntRange(0, 5).Draw(t, label+name) {
	case 0, 1:
	case 2:
		m[name] = rapid.SampledFrom([]any{nil, ""}).Draw(t, label+name+" empty")
	default:
		m[name] = v
	}
}

// randomElements are those of a multi-valued attribute.
func randomElements(t *rapid.T, label string) []any {
	out := []any{}
	primary := rapid.IntRange(-1, 3).Draw(t, label+" primary")
	for i := range rapid.IntRange(0, 3).Draw(t, label+" length") {
		el := map[string]any{}
		for _, sub := range []string{"value", "type", "display"} {
			some(t, fmt.Sprint(label, i), el, sub, words.Draw(t, fmt.Sprint(label, i, sub)))
		}
		if i == primary {
			el["primary"] = true
		} else if rapid.Bool().Draw(t, fmt.Sprint(label, i, "not primary")) {
			el["primary"] = false
		}
		out = append(out, el)
	}
	return out
}

// randomUser is a document that follows the schema.
func randomUser(t *rapid.T, userName string) json.RawMessage {
	m := map[string]any{"userName": userName}
	name, enterprise, manager, adobe, bridge := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for _, a := range []struct {
		in   map[string]any
		name string
	}{
		{m, "displayName"}, {m, "externalId"}, {m, "title"}, {m, "profileUrl"}, {name, "givenName"}, {name, "familyName"},
		{enterprise, "department"}, {manager, "value"}, {manager, "displayName"}, {adobe, "eduRole"}, {bridge, "identityType"},
	} {
		some(t, "", a.in, a.name, words.Draw(t, a.name))
	}
	some(t, "", m, "active", rapid.Bool().Draw(t, "active"))
	if m["active"] == "" {
		delete(m, "active")
	}
	for _, list := range []string{"emails", "phoneNumbers", "x509Certificates", "photos"} {
		some(t, "", m, list, randomElements(t, list))
		if m[list] == "" {
			delete(m, list)
		}
	}
	aliases := []any{}
	for _, s := range rapid.SliceOfN(words, 0, 2).Draw(t, "aliases") {
		aliases = append(aliases, s)
	}
	adobe["emailAliases"] = aliases
	enterprise["manager"] = manager
	m["name"] = name
	m[directory.EnterpriseSchema], m[directory.AdobeUserSchema], m[directory.BridgeUserSchema] = enterprise, adobe, bridge
	return doc(pairsOf(m)...)
}

func pairsOf(m map[string]any) []any {
	var out []any
	for k, v := range m {
		out = append(out, k, v)
	}
	return out
}

// randomVerdicts settle some of what is due in some way.
func randomVerdicts(t *rapid.T, due []plan.Due) plan.Settlement {
	var s plan.Settlement
	for i, d := range due {
		label := fmt.Sprint("due", i)
		o := rapid.SampledFrom([]plan.Outcome{"", plan.Done, plan.Retry, plan.Held, plan.Failed}).Draw(t, label)
		if o == "" {
			continue
		}
		v := plan.Verdict{Due: d, Outcome: o}
		if o != plan.Done {
			v.Problem = plan.Problem{
				Code:    rapid.SampledFrom([]string{"", "error.X"}).Draw(t, label+"code"),
				Message: rapid.SampledFrom([]string{"", "No seat"}).Draw(t, label+"message"),
				Hint:    rapid.SampledFrom([]string{"", "buy one"}).Draw(t, label+"hint"),
			}
		}
		s.Verdicts = append(s.Verdicts, v)
		if d.Kind != plan.KindEdge && rapid.Bool().Draw(t, label+"linked") {
			s.Links = append(s.Links, link(d.Kind, d.User+d.Group, "mirrored"+strconv.Itoa(i)))
		}
	}
	return s
}

// paths are what random filters name.
func paths(kind string) []filter.Path {
	path := func(urn string, names ...string) filter.Path {
		p := filter.Path{URN: urn, Attr: names[0]}
		if len(names) > 1 {
			p.Sub = names[1]
		}
		return p
	}
	sync := directory.BridgeUserSchema
	core := directory.UserSchema
	all := []filter.Path{
		path("", "id"), path("", "externalId"), path("", "displayName"), path("", "EXTERNALID"), path("", "nothing"), path("", "nothing", "at"),
		path("", "meta"), path("", "meta", "resourceType"), path("", "meta", "created"), path("", "META", "lastModified"), path("", "meta", "version"),
	}
	if kind == "Group" {
		sync, core = directory.BridgeGroupSchema, directory.GroupSchema
		all = append(all, path("", "members"), path("", "members", "value"), path("", "members", "type"), path("", "members", "display"),
			path(sync, "sync", "pending"), path(sync, "sync", "held"), path(sync, "sync", "failed"))
	} else {
		all = append(all, path("", "userName"), path(core, "username"), path("", "active"), path("", "title"), path("", "profileUrl"),
			path("", "name"), path("", "name", "givenName"), path(core, "name", "FamilyName"),
			path(directory.EnterpriseSchema, "department"), path(directory.EnterpriseSchema, "manager"),
			path(directory.EnterpriseSchema, "manager", "value"), path(directory.EnterpriseSchema, "manager", "displayName"),
			path(directory.AdobeUserSchema, "emailAliases"), path(directory.AdobeUserSchema, "eduRole"),
			path(directory.BridgeUserSchema, "identityType"), path("", "groups"), path("", "groups", "value"), path("", "groups", "display"))
		for _, list := range []string{"emails", "emails", "phoneNumbers", "x509Certificates", "photos", "ims"} {
			all = append(all, path("", list), path("", list, "value"), path("", list, "type"), path("", list, "primary"), path("", list, "display"))
		}
	}
	return append(all, path(core, "displayName"), path(sync, "sync"), path(sync, "sync", "state"), path(sync, "sync", "detail"), path(sync, "sync", "lastSynced"))
}

var ops = rapid.SampledFrom([]filter.Op{
	filter.Eq, filter.Eq, filter.Ne, filter.Co, filter.Sw, filter.Ew, filter.Gt, filter.Ge, filter.Lt, filter.Le, filter.Pr,
})

// literals are values of all types; some are of the resources that there are.
func literals(known []string) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 9).Draw(t, "literal") {
		case 0:
			return rapid.SampledFrom([]any{nil, true, false, "", json.Number("0"), json.Number("1"), json.Number("1.5"), json.Number("-2e3"), json.Number("1e400")}).Draw(t, "other")
		case 1:
			return at(rapid.IntRange(-1, 4).Draw(t, "second")).Add(rapid.SampledFrom([]time.Duration{0, 1, -1, time.Microsecond}).Draw(t, "nanos")).
				In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)
		case 2, 3:
			return rapid.SampledFrom(known).Draw(t, "known")
		case 4:
			s := []rune(words.Draw(t, "word"))
			from := rapid.IntRange(0, len(s)).Draw(t, "from")
			return string(s[from:rapid.IntRange(from, len(s)).Draw(t, "to")])
		}
		return words.Draw(t, "word")
	})
}

// filters draws a tree over some paths; in brackets there are no further ones.
func filters(all []filter.Path, known []string, depth int) *rapid.Generator[filter.Expr] {
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		choice := 9
		if depth > 0 {
			choice = rapid.IntRange(0, 9).Draw(t, "node")
		}
		sub := func(label string) filter.Expr { return filters(all, known, depth-1).Draw(t, label) }
		switch choice {
		case 0:
			return filter.And{Left: sub("left"), Right: sub("right")}
		case 1:
			return filter.Or{Left: sub("left"), Right: sub("right")}
		case 2:
			return filter.Not{Expr: sub("not")}
		case 3, 4:
			p := rapid.SampledFrom(all).Draw(t, "list")
			if p.Sub != "" || len(all) <= len(inBrackets) {
				break
			}
			return filter.ValuePath{Path: p, Filter: filters(inBrackets, known, depth).Draw(t, "in brackets")}
		case 5:
			if len(all) > len(inBrackets) {
				return eithers(all, known).Draw(t, "either")
			}
		}
		c := filter.Compare{Path: rapid.SampledFrom(all).Draw(t, "path"), Op: ops.Draw(t, "op")}
		if c.Op != filter.Pr {
			c.Value = literals(known).Draw(t, "value")
		}
		return c
	})
}

// eithers joins by or what indexes may answer each for itself.
func eithers(all []filter.Path, known []string) *rapid.Generator[filter.Expr] {
	var indexed []filter.Path
	for _, p := range all {
		switch strings.ToLower(p.Attr) {
		case "id", "externalid", "username", "displayname", "emails", "groups", "members":
			if p.Sub == "" || p.Sub == "value" {
				indexed = append(indexed, p)
			}
		}
	}
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		one := func(label string) filter.Expr {
			return filter.Compare{
				Path:  rapid.SampledFrom(indexed).Draw(t, label+" path"),
				Op:    rapid.SampledFrom([]filter.Op{filter.Eq, filter.Eq, filter.Sw}).Draw(t, label+" op"),
				Value: rapid.OneOf(rapid.SampledFrom(known), words).Draw(t, label+" value"),
			}
		}
		e := one("first")
		for i := range rapid.IntRange(1, 3).Draw(t, "more") {
			e = filter.Or{Left: e, Right: one(fmt.Sprint("more", i))}
		}
		return e
	})
}

// inBrackets are what the filters in brackets name.
var inBrackets = []filter.Path{
	{Attr: "value"}, {Attr: "value"}, {Attr: "Type"}, {Attr: "primary"}, {Attr: "display"}, {Attr: "state"}, {Attr: "givenName"}, {Attr: "created"}, {Attr: "x"},
}
