package resource_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// liberty is a request that takes one leniency of the table and no other.
type liberty struct {
	what string // how the leniency begins in the table
	// operations of a PATCH of bob, the body of a POST, or a filter of users.
	ops, body, filter string
	// want lists what becomes of bob as in patchCase, all of a new user, or how
	// the filter is understood.
	want string
	// group operations, and the steps that they mean.
	group string
	steps []resource.MemberStep
}

var liberties = []liberty{
	{what: "op in any case", ops: withPath("Replace", "title", `"Dr"`), want: `{"title":"Dr"}`},
	{what: "a body whose schemas", body: `{"userName":"a"}`, want: `{"userName":"a"}`},
	{what: "a body whose schemas", body: `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"a"}`, want: `{"userName":"a"}`},
	{what: "a PATCH with an empty list", ops: ``, want: `{}`},
	{what: `"True" and "False" for booleans`, ops: withPath("replace", "active", `"False"`), want: `{"active":false}`},
	{what: `"True" and "False" for booleans`, body: user(`"active":"true"`), want: `{"userName":"a","active":true}`},
	{what: `"True" and "False" for booleans in the filter`, ops: withPath("remove", `emails[primary eq "True"]`, ""),
		want: `{"emails":[{"value":"bob@example.org","type":"home"}]}`},
	{what: "a number or boolean", ops: withPath("replace", enterprise+":costCenter", `8`),
		want: `{"` + enterprise + `":{"department":"Eng","costCenter":"8"}}`},
	{what: "text that is no base64", body: user(`"x509Certificates":[{"value":"-----BEGIN CERTIFICATE-----"}]`),
		want: `{"userName":"a","x509Certificates":[{"value":"-----BEGIN CERTIFICATE-----"}]}`},
	{what: `{"value": "x"} where`, ops: withPath("replace", "title", `{"value":"Dr"}`), want: `{"title":"Dr"}`},
	{what: `"x" where the schema says complex`, ops: withPath("add", "emails", `["c@example.com"]`),
		want: `{"emails":[{"value":"bob@example.com","type":"work","primary":true},{"value":"bob@example.org","type":"home"},{"value":"c@example.com"}]}`},
	{what: `"x" where the schema says complex`, ops: withPath("add", enterprise+":manager", `"u9"`),
		want: `{"` + enterprise + `":{"department":"Eng","costCenter":"7","manager":{"value":"u9"}}}`},
	{what: `"x" where the schema says complex`, group: withPath("add", "members", `"u1"`), steps: []resource.MemberStep{adds("u1")}},
	{what: `"x" where the schema says complex`, group: withPath("add", "members", `["u1","u2"]`), steps: []resource.MemberStep{adds("u1", "u2")}},
	{what: "one value where", body: `{"schemas":"` + core + `","userName":"a"}`, want: `{"userName":"a"}`},
	{what: "one value where", ops: withPath("replace", "emails", `{"value":"c@example.com"}`), want: `{"emails":[{"value":"c@example.com"}]}`},
	{what: "a list of one", ops: withPath("add", enterprise+":manager", `[{"value":"u9"}]`),
		want: `{"` + enterprise + `":{"department":"Eng","costCenter":"7","manager":{"value":"u9"}}}`},
	{what: "canonical values of identityType", ops: withPath("add", bridge+":identityType", `"ADOBEID"`), want: `{"` + bridge + `":{"identityType":"adobeID"}}`},
	{what: "keys that are paths", ops: withoutPath("replace", `{"name.givenName":"A"}`), want: `{"name":{"givenName":"A","familyName":"Ross"}}`},
	{what: "keys that are paths", ops: withoutPath("replace", `{"`+enterprise+`:department":"D"}`), want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`},
	{what: "keys that are paths", ops: withoutPath("replace", `{"emails[type eq \"home\"].value":"n@example.com"}`),
		want: `{"emails":[{"value":"bob@example.com","type":"work","primary":true},{"value":"n@example.com","type":"home"}]}`},
	{what: "core attributes under the key", ops: withoutPath("add", `{"`+core+`":{"title":"Dr"}}`), want: `{"title":"Dr"}`},
	{what: misspelt, ops: withPath("replace", misspelt+":department", `"D"`), want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`},
	{what: "a dot between", ops: withPath("replace", enterprise+".department", `"D"`), want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`},
	{what: "texts in filters without quotes", ops: withPath("remove", `emails[type eq home]`, ""),
		want: `{"emails":[{"value":"bob@example.com","type":"work","primary":true}]}`},
	{what: "texts in filters without quotes", ops: withPath("remove", `emails[type eq 'home']`, ""),
		want: `{"emails":[{"value":"bob@example.com","type":"work","primary":true}]}`},
	{what: "texts in filters without quotes", filter: `title eq Dr`, want: `title eq "Dr"`},
	{what: "a comparison after brackets", filter: `emails[type eq "work"].value eq "x"`, want: `emails[type eq "work" and value eq "x"]`},
	{what: "what a filter compares with", filter: `active eq "True"`, want: `active eq true`},
	{what: "what a filter compares with", filter: `externalId eq 7`, want: `externalId eq "7"`},
	{what: "what a filter compares with", filter: `emails[primary eq "false"]`, want: `emails[primary eq false]`},
	{what: "a dot between", filter: enterprise + `.department pr`, want: enterprise + `:department pr`},
	{what: misspelt, filter: misspelt + `:department pr`, want: enterprise + `:department pr`},
	{what: "attributes of an extension without its URN", filter: `department pr`, want: enterprise + `:department pr`},
	{what: `a path that is ""`, ops: withPath("replace", "", `{"title":"Dr"}`), want: `{"title":"Dr"}`},
	{what: `a path that is ""`, ops: withPath("replace", " title ", `"Dr"`), want: `{"title":"Dr"}`},
	{what: "attributes of an extension without its URN", ops: withPath("replace", "department", `"D"`), want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`},
	{what: "attributes and schemas that the bridge does not have", ops: withPath("add", "shoeSize", `44`), want: `{}`},
	{what: "attributes and schemas that the bridge does not have", ops: withPath("add", "urn:example:x:2.0:User:tag", `"x"`), want: `{}`},
	{what: "attributes and schemas that the bridge does not have", ops: withoutPath("replace", `{"shoeSize":44,"title":"Dr"}`), want: `{"title":"Dr"}`},
	{what: "attributes and schemas that the bridge does not have", ops: withPath("replace", "name", `{"givenName":"A","nick":"B"}`),
		want: `{"name":{"givenName":"A","familyName":"Ross"}}`},
	{what: "the filter of a path names", ops: withPath("replace", `emails[colour eq "red"].value`, `"c@example.com"`), want: `{}`},
	{what: "the filter of a path names", ops: withPath("remove", `emails[colour eq "red"]`, ""), want: `{}`},
	{what: "what only the bridge writes", ops: withoutPath("replace", `{"id":"x","groups":[],"title":"Dr"}`), want: `{"title":"Dr"}`},
	{what: "what only the bridge writes", group: withoutPath("replace", `{"id":"g1","externalId":"e"}`)},
	{what: "a PATCH of schemas", ops: withPath("add", "schemas", `["`+enterprise+`"]`), want: `{}`},
	{what: "a replace whose value path", ops: withPath("replace", `phoneNumbers[type eq "fax"].value`, `"1"`), want: `{"phoneNumbers":[{"type":"fax","value":"1"}]}`},
	{what: `"" where the schema says`, ops: withPath("replace", "emails", `""`), want: `{"emails":null}`},
	{what: `"" where the schema says`, ops: withPath("replace", "name", `""`), want: `{"name":null}`},
	{what: `"" where the schema says`, ops: withPath("replace", `emails[type eq "home"].primary`, `""`), want: `{}`},
	{what: `"" where the schema says`, ops: withPath("replace", enterprise, `""`), want: `{"` + enterprise + `":null}`},
	{what: `"" where the schema says`, body: user(`"active":"","emails":"","name":""`), want: `{"userName":"a"}`},
	{what: "removing active", ops: withPath("remove", "active", ""), want: `{}`},
	{what: `{"members": [...]}`, group: withPath("remove", "members", `{"members":[{"value":"u1"}]}`), steps: []resource.MemberStep{removes("u1")}},
	{what: "a member with a $ref", group: withPath("add", "members", `[{"$ref":"../Users/u1"}]`), steps: []resource.MemberStep{adds("u1")}},
	{what: "changing members in place", group: withPath("replace", `members[value eq "u1"].display`, `"x"`)},
}

// user is the body of a POST of a user with more attributes.
func user(more string) string {
	return `{"schemas":["` + core + `"],"userName":"a",` + more + `}`
}

// TestLeniencies_AreToleratedAndRefusedInStrictMode plays each leniency both
// ways, so that none can be in the table alone.
func TestLeniencies_AreToleratedAndRefusedInStrictMode(t *testing.T) {
	t.Parallel()
	played := map[string]bool{}
	for _, l := range liberties {
		entry := leniency(t, l.what)
		played[entry.What] = true
		for _, o := range []resource.Options{lenient, strict} {
			doc, steps, err := l.take(t, o)
			switch {
			case o.Strict && l.filter != "":
				refused(t, err, "invalidFilter") // whatever it is elsewhere
				continue
			case o.Strict:
				refused(t, err, string(entry.Strict))
				continue
			}
			require.NoError(t, err, "%+v", l)
			require.Equal(t, l.steps, steps, "%+v", l)
			require.Equal(t, l.wanted(t), doc, "%+v", l)
		}
	}
	for _, entry := range resource.Leniencies() {
		require.True(t, played[entry.What], "no request takes this liberty: %s", entry.What)
	}
}

// leniency is the entry of the table that begins so, the shortest if several do.
func leniency(t *testing.T, what string) resource.Leniency {
	t.Helper()
	var found resource.Leniency
	for _, l := range resource.Leniencies() {
		if strings.HasPrefix(l.What, what) && (found.What == "" || len(l.What) < len(found.What)) {
			found = l
		}
	}
	require.NotEmpty(t, found.What, "the table has no %q", what)
	return found
}

func (l liberty) take(t *testing.T, o resource.Options) (string, []resource.MemberStep, error) {
	t.Helper()
	if l.filter != "" {
		e, err := resource.User().ParseFilter(l.filter, o)
		if err != nil {
			return "", nil, err
		}
		return e.String(), nil, nil
	}
	if l.body != "" {
		in, err := resource.User().Parse([]byte(l.body), o)
		return text(t, in.Document), nil, err
	}
	typ, doc, ops := resource.User(), document(t, bob), l.ops
	if l.group != "" {
		typ, doc, ops = resource.Group(), document(t, `{"displayName":"Sales","externalId":"e"}`), l.group
	}
	doc, steps, err := apply(t, typ, doc, patchBody(ops), o)
	return text(t, doc), steps, err
}

func (l liberty) wanted(t *testing.T) string {
	t.Helper()
	switch {
	case l.filter != "":
		return l.want
	case l.body != "":
		return canonical(t, l.want)
	case l.group != "":
		return canonical(t, `{"displayName":"Sales","externalId":"e"}`)
	}
	return text(t, changedBob(t, l.want))
}

// changedBob is bob with some attributes changed; null is one that is gone.
func changedBob(t *testing.T, changes string) resource.Document {
	t.Helper()
	d := document(t, bob)
	for name, v := range document(t, changes) {
		if v == nil {
			delete(d, name)
			continue
		}
		d[name] = v
	}
	return d
}
