package resource_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// fragment is a path with values that fit it, more or less.
type fragment struct {
	path   string
	values []string
}

var fragments = []fragment{
	{`displayName`, []string{`"N"`, `null`, `""`, `7`}},
	{`active`, []string{`true`, `"False"`, `null`}},
	{`title`, []string{`"Dr"`, `{"value":"Dr"}`, `["Dr"]`}},
	{`name`, []string{`{"givenName":"G","familyName":null}`, `{}`, `null`}},
	{`name.familyName`, []string{`"F"`, `""`}},
	{`emails`, []string{`[{"value":"a@example.com","type":"work","primary":true}]`, `{"value":"b@example.com"}`, `"c@example.com"`, `[]`, `[{"type":"home"}]`,
		`[{"value":"a@example.com"},{"value":"A@example.com","type":"home","primary":"true"}]`}},
	{`emails[type eq "work"].value`, []string{`"d@example.com"`, `""`, `"bob@example.org"`}},
	{`emails[type eq "home"].primary`, []string{`true`, `"False"`, `null`}},
	{`emails[primary eq "True"]`, []string{`{"value":"e@example.com"}`, `{"display":"x"}`, `"f@example.com"`, `null`}},
	{`emails.type`, []string{`"work"`, `"home"`}},
	{`roles[primary eq "True"].value`, []string{`"Admin"`, `"User"`}},
	{`addresses[type eq "work"].country`, []string{`"DE"`, `"FR"`, `null`}},
	{enterprise, []string{`{"department":"D","manager":"u1"}`, `{}`, `null`}},
	{enterprise + `:manager`, []string{`"u2"`, `{"value":"u3","$ref":"x"}`, `[{"value":"u4"}]`, `""`}},
	{adobe + `:emailAliases`, []string{`["a","B","b"]`, `"c"`, `[]`}},
	{bridge + `:identityType`, []string{`"adobeID"`, `"FEDERATEDID"`, `null`}},
	{`password`, []string{`"secret"`}},
	{`shoeSize`, []string{`44`}},
}

func operationOf(op string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		f := rapid.SampledFrom(fragments).Draw(t, "fragment")
		v := rapid.SampledFrom(f.values).Draw(t, "value")
		if op != "remove" && rapid.Bool().Draw(t, "key") {
			key, _ := json.Marshal(f.path)
			return withoutPath(op, `{`+string(key)+`:`+v+`}`)
		}
		return withPath(op, f.path, v)
	})
}

func anyOperations() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var ops []string
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			op := rapid.SampledFrom([]string{"add", "replace", "remove"}).Draw(t, "op")
			ops = append(ops, operationOf(op).Draw(t, "operation"))
		}
		return strings.Join(ops, ",")
	})
}

// someUser is bob after some operations.
func someUser(t *rapid.T, tb testing.TB) resource.Document {
	d, _, err := apply(tb, resource.User(), document(tb, bob), patchBody(anyOperations().Draw(t, "history")), lenient)
	if err != nil {
		return document(tb, bob)
	}
	return d
}

func TestPatch_NeverModifiesItsInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := someUser(r, t)
		before := text(t, d)
		_, _, _ = apply(t, resource.User(), d, patchBody(anyOperations().Draw(r, "patch")), lenient)
		require.Equal(t, before, text(t, d))
	})
}

func TestPatch_ReplaceTwiceEqualsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		body := patchBody(operationOf("replace").Draw(r, "patch"))
		once, _, err := apply(t, resource.User(), someUser(r, t), body, lenient)
		if err != nil {
			return
		}
		twice, _, err := apply(t, resource.User(), once, body, lenient)
		require.NoError(t, err)
		require.Equal(t, text(t, once), text(t, twice))
	})
}

func TestPatch_AddTwiceEqualsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		body := patchBody(operationOf("add").Draw(r, "patch"))
		once, _, err := apply(t, resource.User(), someUser(r, t), body, lenient)
		if err != nil {
			return
		}
		twice, _, err := apply(t, resource.User(), once, body, lenient)
		require.NoError(t, err)
		require.Equal(t, text(t, once), text(t, twice))
	})
}

func TestPatch_KeepsWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := someUser(r, t)
		f := rapid.SampledFrom(fragments).Draw(r, "fragment")
		op := rapid.SampledFrom([]string{"add", "replace", "remove"}).Draw(r, "op")
		after, _, err := apply(t, resource.User(), d, patchBody(withPath(op, f.path, rapid.SampledFrom(f.values).Draw(r, "value"))), lenient)
		if err != nil {
			return
		}
		others := func(d resource.Document) string {
			d = maps.Clone(d)
			for name := range d {
				if strings.HasPrefix(f.path, name) {
					delete(d, name)
				}
			}
			return text(t, d)
		}
		require.Equal(t, others(d), others(after))
	})
}

func TestPatch_KeepsDocumentsCanonical(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := someUser(r, t)
		primaries := 0
		emails, _ := d["emails"].([]any)
		for _, e := range emails {
			if e.(map[string]any)["primary"] == true {
				primaries++
			}
		}
		require.LessOrEqual(t, primaries, 1)

		decoded, err := resource.Decode([]byte(text(t, d)))
		require.NoError(t, err)
		require.Equal(t, d, decoded)

		// A client that sends back what it read changes nothing.
		echo := maps.Clone(d)
		echo["schemas"] = resource.User().Schemas(d)
		echo["id"], echo["meta"], echo["groups"], echo["nickName"] = "1", map[string]any{"version": "x"}, []any{}, nil
		in, err := resource.User().Parse([]byte(text(t, echo)), strict)
		require.NoError(t, err)
		require.Equal(t, text(t, d), text(t, resource.User().ForReplace(d, in)))
	})
}
