package resource_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

func adds(ids ...string) resource.MemberStep {
	return resource.MemberStep{Op: directory.MemberAdd, IDs: ids}
}

func removes(ids ...string) resource.MemberStep {
	return resource.MemberStep{Op: directory.MemberRemove, IDs: ids}
}

func replaces(ids ...string) resource.MemberStep {
	return resource.MemberStep{Op: directory.MemberReplace, IDs: ids}
}

func TestPatch_ChangesMembers(t *testing.T) {
	t.Parallel()
	type steps = []resource.MemberStep
	users := filter.Compare{Path: filter.Path{Attr: "type"}, Op: filter.Eq, Value: "User"}
	is := func(id string) filter.Expr {
		return filter.Compare{Path: filter.Path{Attr: "value"}, Op: filter.Eq, Value: id}
	}
	cases := map[string]struct {
		ops     string
		want    steps
		name    string // displayName afterwards, if it changes
		refusal string
		strict  string
	}{
		"Entra adds":                   {ops: withPath("Add", "members", `[{"$ref":null,"value":"u1"},{"value":"u2"}]`), want: steps{adds("u1", "u2")}, strict: "invalidSyntax"},
		"Entra removes":                {ops: withPath("remove", "members", `[{"$ref":null,"value":"u1"}]`), want: steps{removes("u1")}},
		"by filter":                    {ops: withPath("remove", `members[value eq "u1"]`, ""), want: steps{removes("u1")}},
		"by a filter of several":       {ops: withPath("remove", `members[value eq "u1" or value eq "u2" or value eq "u1"]`, ""), want: steps{removes("u1", "u2")}},
		"by any other filter":          {ops: withPath("remove", `members[type eq "User"]`, ""), want: steps{{Op: directory.MemberRemove, Where: users}}},
		"by a filter of one":           {ops: withPath("remove", `members[type eq "User" and value eq "u1"]`, ""), want: steps{{Op: directory.MemberRemove, Where: filter.And{Left: users, Right: is("u1")}, Among: []string{"u1"}}}},
		"by filters of one each":       {ops: withPath("remove", `members[type eq "User" and value eq "u1"]`, "") + "," + withPath("remove", `members[value eq "u2" and type eq "User"]`, ""), want: steps{{Op: directory.MemberRemove, Where: filter.Or{Left: filter.And{Left: users, Right: is("u1")}, Right: filter.And{Left: is("u2"), Right: users}}, Among: []string{"u1", "u2"}}}},
		"by a filter of one or any":    {ops: withPath("remove", `members[type eq "User" and value eq "u1"]`, "") + "," + withPath("remove", `members[type eq "User"]`, ""), want: steps{{Op: directory.MemberRemove, Where: filter.Or{Left: filter.And{Left: users, Right: is("u1")}, Right: users}}}},
		"by a filter of any but one":   {ops: withPath("remove", `members[not (value eq "u1")]`, ""), want: steps{{Op: directory.MemberRemove, Where: filter.Not{Expr: is("u1")}}}},
		"all":                          {ops: withPath("remove", "members", ""), want: steps{replaces()}},
		"an empty list removes none":   {ops: withPath("remove", "members", `[]`)},
		"null removes none":            {ops: withPath("remove", "members", `null`)},
		"replaced by none":             {ops: withPath("replace", "members", `[]`), want: steps{replaces()}},
		"replaced by null":             {ops: withPath("replace", "members", `null`), want: steps{replaces()}},
		"replaced without a path":      {ops: withoutPath("replace", `{"members":[{"value":"u2"}]}`), want: steps{replaces("u2")}},
		"added as text":                {ops: withPath("add", "members", `"u3"`), want: steps{adds("u3")}, strict: "invalidValue"},
		"added as an object":           {ops: withPath("add", "members", `{"value":"u3"}`), want: steps{adds("u3")}},
		"added as texts":               {ops: withPath("add", "members", `["u3","u3","u4"]`), want: steps{adds("u3", "u4")}, strict: "invalidValue"},
		"added as numbers":             {ops: withPath("add", "members", `[{"value":3}]`), want: steps{adds("3")}, strict: "invalidValue"},
		"wrapped":                      {ops: withPath("remove", "members", `{"members":[{"value":"u1"}]}`), want: steps{removes("u1")}, strict: "invalidValue"},
		"by reference":                 {ops: withPath("add", "members", `[{"$ref":"../Users/u3"}]`), want: steps{adds("u3")}, strict: "invalidValue"},
		"empty members":                {ops: withPath("add", "members", `[{},null,{"value":null}]`)},
		"by a path to the value":       {ops: withPath("add", "members.value", `"u3"`), want: steps{adds("u3")}, strict: "invalidValue"},
		"with the core URN":            {ops: withPath("add", resource.Group().Schema()+":members", `[{"value":"u3"}]`), want: steps{adds("u3")}},
		"Okta's rename has an id":      {ops: withoutPath("replace", `{"id":"g1","displayName":"Sales EU"}`), name: "Sales EU", strict: "mutability"},
		"an external id":               {ops: withPath("add", "externalId", `"e1"`)},
		"in order":                     {ops: withPath("remove", `members[value eq "u1"]`, "") + "," + withPath("add", "members", `[{"value":"u1"}]`), want: steps{removes("u1"), adds("u1")}},
		"one operation for each":       {ops: withPath("add", "members", `[{"value":"u1"}]`) + "," + withPath("add", "members", `[{"value":"u2"}]`), want: steps{adds("u1", "u2")}},
		"by two filters, in one step":  {ops: withPath("remove", `members[type eq "User"]`, "") + "," + withPath("remove", `members[type eq "User"]`, ""), want: steps{{Op: directory.MemberRemove, Where: filter.Or{Left: users, Right: users}}}},
		"filters around an addition":   {ops: withPath("remove", `members[type eq "User"]`, "") + "," + withPath("add", "members", `[{"value":"u1"}]`) + "," + withPath("remove", `members[type eq "User"]`, ""), want: steps{{Op: directory.MemberRemove, Where: users}, adds("u1"), {Op: directory.MemberRemove, Where: users}}},
		"added after a replacement":    {ops: withPath("replace", "members", `[{"value":"u1"}]`) + "," + withPath("add", "members", `[{"value":"u2"}]`), want: steps{replaces("u1", "u2")}},
		"a member exchanged":           {ops: withPath("replace", `members[value eq "u1"]`, `{"value":"u2"}`), want: steps{removes("u1"), adds("u2")}, strict: "mutability"},
		"a display is derived":         {ops: withPath("replace", `members[value eq "u1"].display`, `"x"`), strict: "mutability"},
		"a value cannot be taken away": {ops: withPath("remove", `members[value eq "u1"].value`, ""), refusal: "mutability"},
		"a bad member":                 {ops: withPath("add", "members", `[true]`), refusal: "invalidValue"},
		"no name":                      {ops: withPath("replace", "displayName", `""`), refusal: "invalidValue"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, o := range []resource.Options{lenient, strict} {
				refusal := c.refusal
				if o.Strict && c.strict != "" {
					refusal = c.strict
				}
				d, got, err := apply(t, resource.Group(), document(t, `{"displayName":"Sales"}`), patchBody(c.ops), o)
				if refusal != "" {
					refused(t, err, refusal)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, len(c.want), len(got), "%v", got)
				for i := range c.want {
					require.Equal(t, c.want[i].Op, got[i].Op)
					require.Equal(t, c.want[i].Where, got[i].Where)
					require.Equal(t, c.want[i].Among, got[i].Among)
					require.ElementsMatch(t, c.want[i].IDs, got[i].IDs)
				}
				require.NotContains(t, d, "members")
				if c.name == "" {
					c.name = "Sales"
				}
				require.Equal(t, c.name, d["displayName"])
			}
		})
	}
}

func TestPatch_BoundsTheFiltersOnMembers(t *testing.T) {
	t.Parallel()
	try := func(n int, path string) error {
		one := withPath("remove", path, "")
		_, _, err := apply(t, resource.Group(), document(t, `{"displayName":"Sales"}`), patchBody(one+strings.Repeat(","+one, n-1)), lenient)
		return err
	}
	require.NoError(t, try(resource.MaxSelections, `members[type eq "User"]`))
	refused(t, try(resource.MaxSelections+1, `members[type eq "User"]`), "tooMany")
	require.NoError(t, try(10*resource.MaxSelections, `members[value eq "u1"]`), "an id needs no search")
}

func TestPatch_MayBeAppliedTwice(t *testing.T) {
	t.Parallel()
	p, err := resource.Group().ParsePatch(patchBody(withPath("add", "members", `["a","a","b"]`)+","+withPath("add", "members", `["c"]`)), lenient)
	require.NoError(t, err)
	for range 2 {
		_, steps, err := resource.Group().Apply(document(t, `{"displayName":"Sales"}`), p, lenient)
		require.NoError(t, err)
		require.Equal(t, []resource.MemberStep{adds("a", "b", "c")}, steps)
	}
}
