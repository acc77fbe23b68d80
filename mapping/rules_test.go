package mapping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var federated = mapping.Rules{IdentityType: umapi.FederatedID, Country: "US"}

// ada is a user whom every rule can map; edit changes what a case is about.
func ada(edit func(*directory.UserAttributes)) directory.UserAttributes {
	u := directory.UserAttributes{
		UserName: "ada@example.com",
		Name:     directory.Name{GivenName: "Ada", FamilyName: "Byron"},
		Emails:   []directory.Email{{Value: "ada@example.com", Type: "work", Primary: true}},
	}
	if edit != nil {
		edit(&u)
	}
	return u
}

func TestAccount_MapsEachIdentityType(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rules mapping.Rules
		edit  func(*directory.UserAttributes)
		want  mapping.Account
	}{
		"federated with an e-mail login": {
			federated, nil,
			mapping.Account{Type: umapi.FederatedID, Email: "ada@example.com", Username: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "US"},
		},
		"federated whose login is another address than the mail": {
			federated, func(u *directory.UserAttributes) { u.UserName = "a.byron@login.example.com" },
			mapping.Account{Type: umapi.FederatedID, Email: "ada@example.com", Username: "a.byron@login.example.com", FirstName: "Ada", LastName: "Byron", Country: "US"},
		},
		"federated with a bare login takes the domain of the mail": {
			federated, func(u *directory.UserAttributes) { u.UserName = "abyron" },
			mapping.Account{Type: umapi.FederatedID, Email: "ada@example.com", Username: "abyron", Domain: "example.com", FirstName: "Ada", LastName: "Byron", Country: "US"},
		},
		"enterprise users log in with their mail": {
			mapping.Rules{IdentityType: umapi.EnterpriseID}, func(u *directory.UserAttributes) { u.UserName = "abyron" },
			mapping.Account{Type: umapi.EnterpriseID, Email: "ada@example.com", Username: "ada@example.com", FirstName: "Ada", LastName: "Byron"},
		},
		"an Adobe ID needs no name": {
			mapping.Rules{IdentityType: umapi.AdobeID}, func(u *directory.UserAttributes) { u.Name = directory.Name{} },
			mapping.Account{Type: umapi.AdobeID, Email: "ada@example.com", Username: "ada@example.com"},
		},
		"what the provider sends beats the rule": {
			federated, func(u *directory.UserAttributes) { u.Bridge.IdentityType = "enterpriseID" },
			mapping.Account{Type: umapi.EnterpriseID, Email: "ada@example.com", Username: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "US"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.rules.Account(ada(tt.edit))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAccount_PicksTheAddress(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		userName string
		emails   []directory.Email
		want     string
	}{
		"the primary one":        {"x@example.com", []directory.Email{{Value: "w@example.com", Type: "work"}, {Value: "p@example.com", Primary: true}}, "p@example.com"},
		"else the work one":      {"x@example.com", []directory.Email{{Value: "h@example.com", Type: "home"}, {Value: "w@example.com", Type: "Work"}}, "w@example.com"},
		"else the user name":     {"x@example.com", []directory.Email{{Value: "h@example.com", Type: "home"}}, "x@example.com"},
		"else any":               {"x", []directory.Email{{Value: "h@example.com", Type: "home"}}, "h@example.com"},
		"an empty one is passed": {"x@example.com", []directory.Email{{Primary: true}}, "x@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := federated.Account(ada(func(u *directory.UserAttributes) { u.UserName, u.Emails = tt.userName, tt.emails }))
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Email)
		})
	}
}

func TestAccount_PicksTheCountry(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		addresses []directory.Address
		want      string
	}{
		"the rule's where there is none":        {nil, "US"},
		"of the primary address":                {[]directory.Address{{Country: "DE", Type: "work"}, {Country: "GB", Primary: true}}, "GB"},
		"of the work address":                   {[]directory.Address{{Country: "FR", Type: "home"}, {Country: "DE", Type: "work"}}, "DE"},
		"of any address":                        {[]directory.Address{{Country: "FR", Type: "home"}}, "FR"},
		"in upper case":                         {[]directory.Address{{Country: "ch"}}, "CH"},
		"a name of a country is not a code":     {[]directory.Address{{Country: "Sierra Leone", Primary: true}}, "US"},
		"two letters that are no country":       {[]directory.Address{{Country: "XX", Primary: true}, {Country: "NO"}}, "NO"},
		"a code that everybody uses instead":    {[]directory.Address{{Country: "UK", Primary: true}}, "GB"},
		"a code in another than the first wins": {[]directory.Address{{Country: "Norway", Primary: true}, {Country: "NO"}}, "NO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := federated.Account(ada(func(u *directory.UserAttributes) { u.Addresses = tt.addresses }))
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Country)
		})
	}
}

func TestAccount_TakesWhatAdobeCanJustHold(t *testing.T) {
	t.Parallel()
	got, err := federated.Account(ada(func(u *directory.UserAttributes) {
		u.UserName = strings.Repeat("u", 250)
		u.Emails[0].Value = strings.Repeat("a", 48) + "@example.com" // 60
		u.Name.GivenName, u.Name.FamilyName = strings.Repeat("é", 250), strings.Repeat("é", 250)
	}))
	require.NoError(t, err)
	require.Len(t, got.Email, 60)
	_, err = federated.Group(directory.GroupAttributes{DisplayName: strings.Repeat("é", 255)})
	require.NoError(t, err)
}

func TestAccount_SaysWhatAdobeCannotHold(t *testing.T) {
	t.Parallel()
	for code, tt := range map[string]struct {
		rules mapping.Rules
		edit  func(*directory.UserAttributes)
	}{
		"bridge.email.missing":         {federated, func(u *directory.UserAttributes) { u.UserName, u.Emails = "abyron", nil }},
		"bridge.email.invalid":         {federated, func(u *directory.UserAttributes) { u.Emails[0].Value = "ada@" }},
		"bridge.email.too_long":        {federated, func(u *directory.UserAttributes) { u.Emails[0].Value = strings.Repeat("a", 49) + "@example.com" }}, // 61
		"bridge.email.not_ascii":       {federated, func(u *directory.UserAttributes) { u.Emails[0].Value = "adá@example.com" }},
		"bridge.name.missing":          {federated, func(u *directory.UserAttributes) { u.Name.FamilyName = " " }},
		"bridge.name.too_long":         {federated, func(u *directory.UserAttributes) { u.Name.FamilyName = strings.Repeat("é", 251) }},
		"bridge.username.too_long":     {federated, func(u *directory.UserAttributes) { u.UserName = strings.Repeat("a", 251) }},
		"bridge.country.missing":       {mapping.Rules{IdentityType: umapi.FederatedID}, nil},
		"bridge.identity_type.invalid": {federated, func(u *directory.UserAttributes) { u.Bridge.IdentityType = "guest" }},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			_, err := tt.rules.Account(ada(tt.edit))
			var problem *mapping.Error
			require.ErrorAs(t, err, &problem)
			require.Equal(t, code, problem.Code)
			require.NotEmpty(t, problem.Message)
			require.NotEmpty(t, problem.Hint)
		})
	}
}

func TestGroup_RefusesNamesThatGiveRights(t *testing.T) {
	t.Parallel()
	to, err := federated.Group(directory.GroupAttributes{DisplayName: "Design Team"})
	require.NoError(t, err)
	require.Equal(t, mapping.Targets{Names: []string{"Design Team"}}, to)

	for name, code := range map[string]string{
		"_org_admin":             "bridge.group.reserved",
		" _org_admin":            "bridge.group.reserved",
		" ":                      "bridge.group.name_missing",
		strings.Repeat("n", 256): "bridge.group.name_too_long",
	} {
		_, err := federated.Group(directory.GroupAttributes{DisplayName: name})
		var problem *mapping.Error
		require.ErrorAs(t, err, &problem)
		require.Equal(t, code, problem.Code)
		require.NotEmpty(t, problem.Hint)
	}
}

func TestRules_ValidateNamesEachMistake(t *testing.T) {
	t.Parallel()
	require.NoError(t, federated.Validate())
	err := mapping.Rules{IdentityType: "guest", Country: "usa"}.Validate()
	require.ErrorContains(t, err, "guest")
	require.ErrorContains(t, err, "usa")
}

func TestProtection_ComparesWithoutCase(t *testing.T) {
	t.Parallel()
	p := mapping.Protection{Users: []string{"*@Admins.example.com", "ada@example.com"}, Groups: []string{"IT-*", "Crew", "a*b*a", "Team [EU]"}}
	for email, want := range map[string]bool{
		"root@admins.example.com": true, "ADA@example.com": true, "bob@example.com": false, "ada@example.com.evil.example": false, "": false,
	} {
		require.Equal(t, want, p.User(email), email)
	}
	for name, want := range map[string]bool{"it-ops": true, "IT-": true, "CREW": true, "Crew 2": false, "Unit-IT-": false,
		"it-sales/EMEA": true, "aba": true, "ab/ba": true, "ab": false, "aXba": true, "Xaba": false, "Team [EU]": true, "Team E": false,
	} {
		require.Equal(t, want, p.Group(name), name)
	}
	require.False(t, mapping.Protection{}.User("ada@example.com"))
}

func TestRules_NameWhatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	r := mapping.Rules{
		IdentityType: umapi.FederatedID,
		Offboarding:  mapping.Offboarding{Deactivated: "vanish", Deleted: "leaf", Delay: -time.Hour},
		Protected:    mapping.Protection{Users: []string{"*"}, Groups: []string{""}},
	}
	err := r.Validate()
	for _, part := range []string{"vanish", "leaf", "negative", `pattern ""`} {
		require.ErrorContains(t, err, part)
	}
	require.NoError(t, mapping.Rules{IdentityType: umapi.FederatedID}.Validate())
	require.Equal(t, mapping.FateLeave, mapping.Offboarding{Deleted: mapping.FateKeep}.Of(false))
	require.Equal(t, mapping.FateKeep, mapping.Offboarding{Deleted: mapping.FateKeep}.Of(true))
}

func TestRules_RefuseWhatIsProtected(t *testing.T) {
	t.Parallel()
	r := mapping.Rules{IdentityType: umapi.AdobeID, Protected: mapping.Protection{Users: []string{"ada@*"}, Groups: []string{"IT-*"}}}
	_, err := r.Account(directory.UserAttributes{UserName: "ada@example.com"})
	require.ErrorContains(t, err, "bridge.protected")
	_, err = r.Group(directory.GroupAttributes{DisplayName: "it-ops"})
	require.ErrorContains(t, err, "bridge.protected")
}

func TestProtection_ComparesWholeNames(t *testing.T) {
	t.Parallel()
	for pattern, is := range map[string]map[string]bool{
		"Design":   {"design": true, "Graphic Design": false, "Designers": false, "": false},
		"*Design":  {"Design": true, "Graphic Design": true, "Designers": false},
		"De*gn":    {"Design": true, "Degn": true, "Den": false, "Graphic Design": false, "Designs": false},
		"a*b*a":    {"aba": true, "a b a": true, "ab": false, "aab": false, "ba": false},
		"*":        {"": true, "anything": true},
		"ab*ba":    {"abba": true, "aba": false},
		"*@x.test": {"ada@x.test": true, "ada@x.test.example": false},
	} {
		for name, want := range is {
			require.Equal(t, want, mapping.Protection{Groups: []string{pattern}}.Group(name), "%q against %q", name, pattern)
		}
	}
}
