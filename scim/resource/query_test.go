package resource_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

func TestParseFilter_GivesTheFormOfTheStores(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		`USERNAME eq "a"`:                            `userName eq "a"`,
		core + `:name.GIVENNAME sw "a"`:              `name.givenName sw "a"`,
		`emails co "x"`:                              `emails.value co "x"`,
		`emails pr`:                                  `emails pr`,
		`Emails[Type eq "work"].value eq "x"`:        `emails[type eq "work" and value eq "x"]`,
		`manager eq "u1"`:                            enterprise + `:manager.value eq "u1"`,
		enterprise + `:MANAGER eq null`:              enterprise + `:manager.value eq null`,
		misspelt + `:department ne "d"`:              enterprise + `:department ne "d"`,
		`sync.state eq "failed"`:                     bridge + `:sync.state eq "failed"`,
		`active eq "True"`:                           `active eq true`,
		`externalId eq 7`:                            `externalId eq "7"`,
		`emails.primary ne "FALSE"`:                  `emails.primary ne false`,
		`meta.lastModified gt 2026-01-02T03:04:05Z`:  `meta.lastModified gt "2026-01-02T03:04:05Z"`,
		`id eq "1" and not (groups.value eq "g")`:    `id eq "1" and not (groups.value eq "g")`,
		`name eq null`:                               `name eq null`,
		`schemas eq "` + core + `"`:                  `id pr`,
		`schemas ne "` + core + `"`:                  `not (id pr)`,
		`schemas pr and schemas ne null`:             `id pr and id pr`,
		`schemas eq null or schemas eq "urn:x"`:      `not (id pr) or not (id pr)`,
		`schemas eq "` + adobe + `"`:                 adobe + `:eduRole pr or ` + adobe + `:emailAliases pr`,
		`schemas ew ":adobe:2.0:user"`:               adobe + `:eduRole pr or ` + adobe + `:emailAliases pr`,
		`schemas[value eq "` + adobe + `"]`:          adobe + `:eduRole pr or ` + adobe + `:emailAliases pr`,
		`schemas ne "` + adobe + `"`:                 `not (` + adobe + `:eduRole pr or ` + adobe + `:emailAliases pr)`,
		`(title pr or nickName pr) and active eq no`: `(title pr or nickName pr) and active eq "no"`,
		adobe + `:emailAliases[value co "x"]`:        adobe + `:emailAliases[value co "x"]`,
	}
	for in, want := range cases {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			e, err := resource.User().ParseFilter(in, lenient)
			require.NoError(t, err)
			require.Equal(t, want, e.String())
		})
	}
	e, err := resource.Group().ParseFilter(`sync.failed gt "2" and members eq "u1"`, lenient)
	require.NoError(t, err)
	require.Equal(t, resource.Group().Extensions()[0]+`:sync.failed gt 2 and members.value eq "u1"`, e.String())
}

func TestParseFilter_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `userName eq`, `userName regex "x"`, `shoeSize eq 1`, `name.shoe eq "x"`, `emails[shoe eq "x"]`,
		`password eq "x"`, `password pr`, `active gt true`, `active co "t"`, `userName co null`, `userName gt 5 and active lt false`,
		`name eq "Bob"`, `x509Certificates.value gt "a"`, `bogus[type eq "x"]`, `members.value eq "x"`,
		`meta.location eq "x"`, `groups.$ref pr`, `groups[$ref eq "x"]`, `groups.type eq "direct"`,
		enterprise + `:shoe pr`, `emails[type eq "a"].value gt true and active ge 1`,
	} {
		_, err := resource.User().ParseFilter(text, lenient)
		refused(t, err, "invalidFilter")
	}
	for _, text := range []string{`userName eq bob`, `manager eq "x"`, misspelt + `:department eq "x"`} {
		_, err := resource.User().ParseFilter(text, strict)
		refused(t, err, "invalidFilter")
	}
}

func TestCaseExact_FollowsTheSchema(t *testing.T) {
	t.Parallel()
	cases := map[filter.Path]bool{
		{Attr: "id"}:                                           true,
		{Attr: "EXTERNALID"}:                                   true,
		{Attr: "meta", Sub: "version"}:                         true,
		{Attr: "profileUrl"}:                                   true,
		{URN: enterprise, Attr: "manager"}:                     true,
		{Attr: "userName"}:                                     false,
		{Attr: "emails"}:                                       false,
		{Attr: "emails", Sub: "type"}:                          false,
		{Attr: "unknown"}:                                      false,
		{URN: core, Attr: "x509Certificates"}:                  true,
		{URN: "urn:example:none", Attr: "id"}:                  false,
		{URN: enterprise, Attr: "employeeNumber", Sub: "none"}: false,
	}
	for p, want := range cases {
		require.Equal(t, want, resource.User().CaseExact(p), p.String())
	}
	require.True(t, resource.Group().CaseExact(filter.Path{Attr: "members"}))
}

func TestParseFilters_TreatsAttributesOfOtherTypesAsUnassigned(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		`userName eq "a"`:                             {`userName eq "a"`, `not (id pr)`},
		`userName ne "a"`:                             {`userName ne "a"`, `id pr`},
		`userName eq null`:                            {`userName eq null`, `id pr`},
		`userName ne null`:                            {`userName ne null`, `not (id pr)`},
		`not (userName sw "a")`:                       {`not (userName sw "a")`, `not (not (id pr))`},
		`members.value eq "x" or displayName eq "a"`:  {`not (id pr) or displayName eq "a"`, `members.value eq "x" or displayName eq "a"`},
		`emails[type eq "work"]`:                      {`emails[type eq "work"]`, `not (id pr)`},
		core + `:userName pr`:                         {`userName pr`, `not (id pr)`},
		resource.Group().Schema() + `:displayName pr`: {`not (id pr)`, `displayName pr`},
		enterprise + `:department eq "d"`:             {enterprise + `:department eq "d"`, `not (id pr)`},
		`meta.resourceType eq "Group"`:                {`meta.resourceType eq "Group"`, `meta.resourceType eq "Group"`},
		`schemas eq "` + core + `"`:                   {`id pr`, `not (id pr)`},
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			got, err := resource.ParseFilters(in, lenient, resource.User(), resource.Group())
			require.NoError(t, err)
			require.Equal(t, want, [2]string{got[0].String(), got[1].String()})
		})
	}
	for _, text := range []string{`shoeSize eq 1`, `userName eq "a" or shoeSize pr`, `members[shoe eq 1]`, `active gt true`, `userName eq`} {
		_, err := resource.ParseFilters(text, lenient, resource.User(), resource.Group())
		refused(t, err, "invalidFilter")
	}
}
