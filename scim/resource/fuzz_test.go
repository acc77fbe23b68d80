package resource_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{entraUser, oktaUser, bob, `{"userName":"a","members":[{"value":"\u00e9"}]}`, `[[[[`, `{"a":1e5}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, typ := range []*resource.Type{resource.User(), resource.Group()} {
			in, err := typ.Parse(body, lenient)
			if err != nil {
				continue
			}
			require.True(t, json.Valid(body))
			again, err := typ.Parse([]byte(text(t, in.Document)), lenient)
			require.NoError(t, err)
			require.Equal(t, text(t, in.Document), text(t, again.Document))
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, fr := range fragments {
		f.Add(patchBody(withPath("add", fr.path, fr.values[0])))
	}
	f.Add(patchBody(withoutPath("replace", `{"members":[{"value":"u1"}],"name.givenName":"x"}`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := document(t, bob)
		_, _, _ = apply(t, resource.User(), d, body, lenient)
		_, _, _ = apply(t, resource.User(), d, body, strict)
		require.Equal(t, canonical(t, bob), text(t, d))
		_, _, _ = apply(t, resource.Group(), document(t, `{"displayName":"Sales"}`), body, lenient)
	})
}

func FuzzProjection(f *testing.F) {
	f.Add(`name.givenName,emails[type eq "work"].value`)
	f.Fuzz(func(t *testing.T, list string) {
		p, err := resource.ParseProjection(resource.User(), []string{list}, nil)
		require.NoError(t, err)
		require.Contains(t, p.Apply(resource.User(), full(t)), "id")
	})
}

// FuzzOperation holds the laws of one operation. A replace done twice is one
// done once: what a provider sends again because the answer was lost changes
// nothing more. And what the path does not name is left alone, to the byte.
func FuzzOperation(f *testing.F) {
	seedOperations(f)
	f.Fuzz(func(t *testing.T, path, value string) {
		before := members(t, document(t, bob))
		for _, op := range []string{"add", "replace", "remove"} {
			body := patchBody(withPath(op, path, jsonOf(value)))
			once, _, err := apply(t, resource.User(), document(t, bob), body, lenient)
			if err != nil {
				continue
			}
			if op == "replace" {
				requireSame(t, body, once)
			}
			if strings.TrimSpace(path) != "" && utf8.ValidString(path) { // else the value has the names, or the body another path
				requireUntouched(t, path, before, members(t, once))
			}
		}
	})
}

// requireSame applies a replace again.
func requireSame(t *testing.T, body []byte, once resource.Document) {
	t.Helper()
	twice, _, err := apply(t, resource.User(), once, body, lenient)
	if err != nil {
		// It has itself changed what it selects by, and cannot make it.
		refused(t, err, "noTarget")
		return
	}
	require.Equal(t, text(t, once), text(t, twice))
}

func requireUntouched(t *testing.T, path string, was, is map[string]string) {
	t.Helper()
	for name := range is {
		require.True(t, named(t, path, name) || was[name] != "", "%s came from %q", name, path)
	}
	for name := range was {
		if !named(t, path, name) {
			require.Equal(t, was[name], is[name], path)
		}
	}
}

func seedOperations(f *testing.F) {
	for _, fr := range fragments {
		for _, v := range fr.values {
			f.Add(fr.path, v)
		}
	}
	f.Add(`emails[not (type eq "work")].type`, `"work"`)
	f.Add(core+`:emails[value co "bob" and primary eq true]`, `{"value":"x","type":"home"}`)
	f.Add(core, `{"title":"x"}`)
}

// jsonOf is the text if it is JSON, else JSON of it.
func jsonOf(s string) string {
	if json.Valid([]byte(s)) {
		return s
	}
	raw, _ := json.Marshal(s)
	return string(raw)
}

// members are the attributes and extensions of a document as text.
func members(t *testing.T, d resource.Document) map[string]string {
	t.Helper()
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text(t, d)), &raw))
	out := map[string]string{}
	for name, v := range raw {
		out[name] = string(v)
	}
	return out
}

// named reports whether a path may mean a member of a document: the attribute,
// the extension that it is in, or the whole core schema.
func named(t *testing.T, path, member string) bool {
	t.Helper()
	urns := append([]string{core, misspelt}, resource.User().Extensions()...)
	p, err := filter.ParsePath(strings.TrimSpace(path), urns)
	require.NoError(t, err)
	extension := strings.HasPrefix(member, "urn:")
	switch {
	case strings.EqualFold(p.Path.URN, core) && p.Path.Attr == "":
		return !extension
	case strings.EqualFold(p.Path.URN, misspelt):
		return member == enterprise
	case p.Path.URN == "" && extension:
		return true // an attribute without its URN
	case p.Path.URN == "" || strings.EqualFold(p.Path.URN, core):
		return strings.EqualFold(p.Path.Attr, member)
	}
	return strings.EqualFold(p.Path.URN, member)
}
