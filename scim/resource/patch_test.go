package resource_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// patchCase says how bob changes. want lists the attributes that differ; null
// is one that is gone. refusal is a scimType. strict is the refusal in strict
// mode, "" if it does the same there.
type patchCase struct {
	ops     string
	want    string
	refusal string
	strict  string
}

func TestPatch_Vectors(t *testing.T) {
	t.Parallel()
	emails := func(s string) string { return `{"emails":` + s + `}` }
	const (
		work = `{"value":"bob@example.com","type":"work","primary":true}`
		home = `{"value":"bob@example.org","type":"home"}`
	)
	cases := map[string]patchCase{
		"Entra disables with capitals and text": {
			ops: withPath("Replace", "active", `"False"`), want: `{"active":false}`, strict: "invalidSyntax"},
		"text for a boolean": {
			ops: withPath("replace", "active", `"False"`), want: `{"active":false}`, strict: "invalidValue"},
		"Okta disables without a path": {
			ops: withoutPath("replace", `{"active":false}`), want: `{"active":false}`},
		"keys that are paths": {
			ops:  withoutPath("replace", `{"name.givenName":"A","`+enterprise+`:department":"D"}`),
			want: `{"name":{"givenName":"A","familyName":"Ross"},"` + enterprise + `":{"department":"D","costCenter":"7"}}`, strict: "invalidPath"},
		"an extension under its URN keeps what is not named": {
			ops:  withoutPath("replace", `{"`+enterprise+`":{"department":"D"}}`),
			want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`},
		"an extension by path": {
			ops:  withPath("add", enterprise, `{"department":"D","division":"V"}`),
			want: `{"` + enterprise + `":{"department":"D","costCenter":"7","division":"V"}}`},
		"an extension removed": {
			ops: withPath("remove", enterprise, ""), want: `{"` + enterprise + `":null}`},
		"an extension loses its last attribute": {
			ops:  withPath("remove", enterprise+":department", "") + "," + withPath("remove", enterprise+":costCenter", ""),
			want: `{"` + enterprise + `":null}`},
		"a misspelt URN": {
			ops:  withPath("replace", misspelt+":department", `"D"`),
			want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`, strict: "invalidPath"},
		"a dot after the URN": {
			ops:  withPath("replace", enterprise+".department", `"D"`),
			want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`, strict: "invalidPath"},
		"an extension's attribute without its URN": {
			ops:  withPath("replace", "department", `"D"`),
			want: `{"` + enterprise + `":{"department":"D","costCenter":"7"}}`, strict: "invalidPath"},
		"core attributes under the core URN": {
			ops:  withoutPath("replace", `{"`+core+`":{"displayName":"N","name":{"givenName":"A"}}}`),
			want: `{"displayName":"N","name":{"givenName":"A","familyName":"Ross"}}`, strict: "invalidPath"},
		"names without case": {
			ops: withPath("replace", "DISPLAYNAME", `"N"`), want: `{"displayName":"N"}`},
		"add to a value path that matches nothing": {
			ops:  withPath("add", `emails[type eq "other"].value`, `"o@example.com"`),
			want: emails(`[` + work + `,` + home + `,{"type":"other","value":"o@example.com"}]`)},
		"replace on a value path that matches nothing": {
			ops:  withPath("replace", `emails[type eq "other"].value`, `"o@example.com"`),
			want: emails(`[` + work + `,` + home + `,{"type":"other","value":"o@example.com"}]`), strict: "noTarget"},
		"a value path as a key": {
			ops:  withoutPath("replace", `{"emails[type eq \"work\"].value":"n@example.com"}`),
			want: emails(`[{"value":"n@example.com","type":"work","primary":true},` + home + `]`), strict: "invalidPath"},
		"the primary value by path": {
			ops:  withPath("replace", `emails[primary eq true].value`, `"n@example.com"`),
			want: emails(`[{"value":"n@example.com","type":"work","primary":true},` + home + `]`)},
		"type compared without case": {
			ops:  withPath("replace", `emails[type eq "Work"].value`, `"n@example.com"`),
			want: emails(`[{"value":"n@example.com","type":"work","primary":true},` + home + `]`)},
		"a new primary takes it from the old": {
			ops: withPath("add", "emails", `[{"value":"n@example.com","type":"other","primary":true}]`),
			want: emails(`[{"value":"bob@example.com","type":"work","primary":false},` + home +
				`,{"value":"n@example.com","type":"other","primary":true}]`)},
		"primary set by path takes it from the old": {
			ops: withPath("replace", `emails[type eq "home"].primary`, `true`),
			want: emails(`[{"value":"bob@example.com","type":"work","primary":false},
				{"value":"bob@example.org","type":"home","primary":true}]`)},
		"two primaries at once": {
			ops:     withPath("replace", "emails", `[{"value":"a@example.com","primary":true},{"value":"b@example.com","primary":true}]`),
			refusal: "invalidValue"},
		"primary for all": {
			ops: withPath("replace", "emails.primary", `true`), refusal: "invalidValue"},
		"a value that is there": {
			ops: withPath("add", "emails", `[`+work+`]`), want: `{}`},
		"a value that is there, in other letters": {
			ops: withPath("add", "emails", `[{"value":"BOB@example.com","type":"WORK"}]`), want: `{}`},
		"a value that is there, with more about it": {
			ops:  withPath("add", "emails", `[{"value":"bob@example.org","type":"home","display":"Bob"}]`),
			want: emails(`[` + work + `,{"value":"bob@example.org","type":"home","display":"Bob"}]`)},
		"one value is as good as a list of one": {
			ops:  withPath("add", "emails", `{"value":"n@example.com","type":"other"}`),
			want: emails(`[` + work + `,` + home + `,{"value":"n@example.com","type":"other"}]`)},
		"values replaced wholly": {
			ops: withPath("replace", "emails", `[{"value":"n@example.com"}]`), want: emails(`[{"value":"n@example.com"}]`)},
		"a selected value replaced keeps what selects it": {
			ops:  withPath("replace", `emails[type eq "home"]`, `{"value":"n@example.com"}`),
			want: emails(`[` + work + `,{"value":"n@example.com","type":"home"}]`)},
		"a selected value replaced by text": {
			ops:  withPath("replace", `emails[type eq "home"]`, `"n@example.com"`),
			want: emails(`[` + work + `,{"value":"n@example.com","type":"home"}]`), strict: "invalidValue"},
		"a selected value added to": {
			ops:  withPath("add", `emails[type eq "home"]`, `{"display":"Home"}`),
			want: emails(`[` + work + `,{"value":"bob@example.org","type":"home","display":"Home"}]`)},
		"a selected value removed": {
			ops: withPath("remove", `emails[type eq "home"]`, ""), want: emails(`[` + work + `]`)},
		"a value removed that is not there": {
			ops: withPath("remove", `emails[type eq "fax"]`, ""), want: `{}`},
		"all values removed one by one": {
			ops: withPath("remove", `emails[type eq "home"]`, "") + "," + withPath("remove", `emails[type eq "work"]`, ""), want: emails("null")},
		"a sub-attribute removed": {
			ops:  withPath("remove", `emails[type eq "work"].primary`, ""),
			want: emails(`[{"value":"bob@example.com","type":"work"},` + home + `]`)},
		"a value removed leaves no shell": {
			ops: withPath("remove", `emails[type eq "work"].value`, ""), want: emails(`[` + home + `]`)},
		"a value emptied leaves no shell": {
			ops: withPath("replace", `emails[type eq "work"].value`, `""`), want: emails(`[` + home + `]`)},
		"an empty value for nobody": {
			ops: withPath("replace", `phoneNumbers[type eq "fax"].value`, `""`), want: `{}`},
		"primary before value": {
			ops: withPath("add", `phoneNumbers[type eq "mobile"].primary`, `true`) + "," +
				withPath("add", `phoneNumbers[type eq "mobile"].value`, `"+49 1"`),
			want: `{"phoneNumbers":[{"type":"mobile","primary":true,"value":"+49 1"}]}`},
		"values removed by value": {
			ops: withPath("remove", "emails", `[{"value":"bob@example.org"}]`), want: emails(`[` + work + `]`)},
		"nothing removed by an empty list": {
			ops: withPath("remove", "emails", `[]`), want: `{}`},
		"a filter that describes no value": {
			ops: withPath("add", `emails[type eq "a" or type eq "b"].value`, `"x"`), refusal: "noTarget"},
		"remove without a path":      {ops: `{"op":"remove"}`, refusal: "noTarget"},
		"a required attribute":       {ops: withPath("remove", "userName", ""), refusal: "mutability"},
		"a required attribute null":  {ops: withPath("replace", "userName", "null"), refusal: "mutability"},
		"a required attribute empty": {ops: withPath("replace", "userName", `" "`), refusal: "invalidValue"},
		"id by path":                 {ops: withPath("replace", "id", `"x"`), refusal: "mutability"},
		"meta by path":               {ops: withPath("replace", "meta.version", `"x"`), refusal: "mutability"},
		"groups by path":             {ops: withPath("replace", "groups", `[]`), refusal: "mutability"},
		"sync by path":               {ops: withPath("replace", bridge+":sync.state", `"synced"`), refusal: "mutability"},
		"a manager's name by path":   {ops: withPath("replace", enterprise+":manager.displayName", `"x"`), refusal: "mutability"},
		"schemas by path":            {ops: withPath("add", "schemas", `["x"]`), want: `{}`, strict: "mutability"},
		"what only the bridge writes, in a value": {
			ops:  withoutPath("replace", `{"id":"x","schemas":[],"meta":{},"groups":[{"value":"g"}],"`+bridge+`":{"sync":{"state":"synced"}},"displayName":"N"}`),
			want: `{"displayName":"N"}`, strict: "mutability"},
		"a manager as text": {
			ops:  withPath("add", enterprise+":manager", `"u9"`),
			want: `{"` + enterprise + `":{"department":"Eng","costCenter":"7","manager":{"value":"u9"}}}`, strict: "invalidValue"},
		"a manager in a list, without the URN": {
			ops:  withPath("add", "manager", `[{"$ref":"https://example.com/Users/u9","value":"u9"}]`),
			want: `{"` + enterprise + `":{"department":"Eng","costCenter":"7","manager":{"value":"u9","$ref":"https://example.com/Users/u9"}}}`, strict: "invalidPath"},
		"a manager with a name that is derived": {
			ops:  withPath("replace", enterprise+":manager", `{"value":"u9","displayName":"Ada"}`),
			want: `{"` + enterprise + `":{"department":"Eng","costCenter":"7","manager":{"value":"u9"}}}`},
		"a new manager loses the old reference": {
			ops: withPath("add", enterprise+":manager", `{"$ref":"https://example.com/Users/u8","value":"u8"}`) + "," +
				withPath("replace", enterprise+":manager.value", `"u9"`),
			want: `{"` + enterprise + `":{"department":"Eng","costCenter":"7","manager":{"value":"u9"}}}`},
		"a manager emptied": {
			ops: withPath("add", enterprise+":manager", `{"value":"u9"}`) + "," +
				withPath("replace", enterprise+":manager", `{"value":""}`), want: `{}`},
		"a manager emptied by text": {
			ops: withPath("add", enterprise+":manager", `{"value":"u9"}`) + "," +
				withPath("replace", enterprise+":manager", `""`), want: `{}`, strict: "invalidValue"},
		"null unassigns":                  {ops: withPath("replace", "displayName", `null`), want: `{"displayName":null}`},
		"empty text unassigns":            {ops: withPath("replace", "displayName", `""`), want: `{"displayName":null}`},
		"an empty list unassigns":         {ops: withPath("replace", "emails", `[]`), want: emails("null")},
		"a removed value is ignored":      {ops: withPath("remove", "displayName", `"Bob"`), want: `{"displayName":null}`},
		"active cannot be unassigned":     {ops: withPath("remove", "active", ""), want: `{}`, strict: "mutability"},
		"a password is dropped":           {ops: withPath("replace", "password", `"secret"`), want: `{}`},
		"a password in a value":           {ops: withoutPath("replace", `{"password":"secret"}`), want: `{}`},
		"an open bracket":                 {ops: withPath("replace", "emails[", `"x"`), refusal: "invalidPath"},
		"a bad filter":                    {ops: withPath("replace", `emails[type like "x"].value`, `"x"`), refusal: "invalidFilter"},
		"a boolean in order":              {ops: withPath("replace", `emails[primary gt true].value`, `"x"`), refusal: "invalidFilter"},
		"brackets after a sub-attribute":  {ops: withPath("replace", `emails.value[type eq "work"]`, `"x"`), refusal: "invalidPath"},
		"brackets on a single value":      {ops: withPath("replace", `name[givenName eq "x"]`, `{}`), refusal: "invalidPath"},
		"an unknown attribute":            {ops: withPath("replace", "shoeSize", `1`), want: `{}`, strict: "invalidPath"},
		"an unknown sub-attribute":        {ops: withPath("replace", `emails[type eq "work"].colour`, `"x"`), want: `{}`, strict: "invalidPath"},
		"an unknown schema":               {ops: withPath("replace", "urn:example:x:2.0:User:tag", `"x"`), want: `{}`, strict: "invalidPath"},
		"an unknown key":                  {ops: withoutPath("add", `{"http://example.com/x":1,"a b":2}`), want: `{}`, strict: "invalidPath"},
		"an unknown op":                   {ops: withPath("move", "displayName", `"x"`), refusal: "invalidSyntax"},
		"no value":                        {ops: withPath("add", "displayName", ""), refusal: "invalidValue"},
		"no object without a path":        {ops: withoutPath("add", `"x"`), refusal: "invalidValue"},
		"the wrong type":                  {ops: withPath("replace", "displayName", `["a","b"]`), refusal: "invalidValue"},
		"an object for text":              {ops: withPath("replace", "displayName", `{"a":"b"}`), refusal: "invalidValue"},
		"text for a name":                 {ops: withPath("replace", "name", `"Bob"`), refusal: "invalidValue"},
		"a number for text":               {ops: withPath("replace", "externalId", `7`), want: `{"externalId":"7"}`, strict: "invalidValue"},
		"a value in an object":            {ops: withPath("replace", "title", `{"value":"Dr"}`), want: `{"title":"Dr"}`, strict: "invalidValue"},
		"no operations":                   {ops: ``, want: `{}`, strict: "invalidSyntax"},
		"the same key twice":              {ops: withoutPath("add", `{"title":"a","Title":"b"}`), refusal: "invalidSyntax"},
		"a kind of identity":              {ops: withPath("add", bridge+":identityType", `"adobeID"`), want: `{"` + bridge + `":{"identityType":"adobeID"}}`},
		"a kind of identity without case": {ops: withPath("add", bridge+":identityType", `"ADOBEID"`), want: `{"` + bridge + `":{"identityType":"adobeID"}}`, strict: "invalidValue"},
		"no kind of identity":             {ops: withPath("add", bridge+":identityType", `"other"`), refusal: "invalidValue"},
		"aliases": {
			ops:  withPath("add", adobe+":emailAliases", `["a@example.com"]`) + "," + withPath("add", adobe+":emailAliases", `["A@example.com","b@example.com"]`),
			want: `{"` + adobe + `":{"emailAliases":["a@example.com","b@example.com"]}}`},
		"an alias replaced": {
			ops: withPath("add", adobe+":emailAliases", `["a@example.com"]`) + "," +
				withPath("replace", adobe+`:emailAliases[value eq "a@example.com"]`, `"b@example.com"`),
			want: `{"` + adobe + `":{"emailAliases":["b@example.com"]}}`},
		"a role by text for primary": {
			ops:  withPath("add", `roles[primary eq "True"].value`, `"Admin"`),
			want: `{"roles":[{"primary":true,"value":"Admin"}]}`, strict: "invalidFilter"},
		"a role that is an object in text stays text": {
			ops:  withPath("add", "roles", `[{"value":"{\"id\":\"1\"}"}]`),
			want: `{"roles":[{"value":"{\"id\":\"1\"}"}]}`},
		"addresses have no value": {
			ops:  withPath("add", `addresses[type eq "work"].country`, `"DE"`) + "," + withPath("add", `addresses[type eq "work"].locality`, `"Bonn"`),
			want: `{"addresses":[{"type":"work","country":"DE","locality":"Bonn"}]}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkPatch(t, c, lenient, c.refusal)
			if c.strict != "" {
				checkPatch(t, c, strict, c.strict)
			} else {
				checkPatch(t, c, strict, c.refusal)
			}
		})
	}
}

func checkPatch(t *testing.T, c patchCase, o resource.Options, refusal string) {
	t.Helper()
	before := document(t, bob)
	after, steps, err := apply(t, resource.User(), before, patchBody(c.ops), o)
	require.Equal(t, canonical(t, bob), text(t, before), "the input must stay as it was")
	if refusal != "" {
		refused(t, err, refusal)
		require.Nil(t, after)
		return
	}
	require.NoError(t, err)
	require.Empty(t, steps)
	require.Equal(t, text(t, changedBob(t, c.want)), text(t, after))
}

func TestPatch_IsAtomic(t *testing.T) {
	t.Parallel()
	d := document(t, bob)
	after, _, err := apply(t, resource.User(), d, patchBody(withPath("replace", "displayName", `"N"`)+","+withPath("remove", "userName", "")), lenient)
	refused(t, err, "mutability")
	require.ErrorContains(t, err, "Operations[1]")
	require.Nil(t, after)
	require.Equal(t, canonical(t, bob), text(t, d))
}

func TestPatch_ToleratesItsEnvelope(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"Operations":[{"op":"replace","path":"displayName","value":"N"}]}`,
		`{"operations":[{"OP":"replace","Path":"displayName","VALUE":"N","name":"displayName"}],"id":"1"}`,
		`{"Operations":[{"op":"replace","path":"","value":{"displayName":"N"}}]}`,
		`{"Operations":[{"op":"replace","path":null,"value":[{"displayName":"N"}]}]}`,
	} {
		d, _, err := apply(t, resource.User(), document(t, bob), []byte(body), lenient)
		require.NoError(t, err, body)
		require.Equal(t, "N", d["displayName"])
		_, err = resource.User().ParsePatch([]byte(body), strict)
		refused(t, err, "invalidSyntax")
	}
}

func TestPatch_RefusesWhatIsNoPatch(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `[]`, `null`, `{}`, `{"Operations":{}}`, `{"Operations":["x"]}`, `{"Operations":[{}]}`, `{"Operations":[]} x`} {
		_, err := resource.User().ParsePatch([]byte(body), lenient)
		refused(t, err, "invalidSyntax")
	}
	_, err := resource.User().ParsePatch([]byte(`{"Operations":[{"op":"add","path":1,"value":1}]}`), lenient)
	refused(t, err, "invalidPath")
}

func TestPatch_ResultsDoNotShareTheirLists(t *testing.T) {
	t.Parallel()
	d := document(t, bob)
	spare := make([]any, 0, 8)
	d["emails"] = append(spare, d["emails"].([]any)...)
	first, _, err := apply(t, resource.User(), d, patchBody(withPath("add", "emails", `[{"value":"1@example.com"}]`)), lenient)
	require.NoError(t, err)
	before := text(t, first)
	_, _, err = apply(t, resource.User(), d, patchBody(withPath("add", "emails", `[{"value":"2@example.com"}]`)), lenient)
	require.NoError(t, err)
	require.Equal(t, before, text(t, first))
}

func TestPatch_BoundsTheWorkOnLongLists(t *testing.T) {
	t.Parallel()
	emails := make([]string, resource.MaxValues)
	for i := range emails {
		emails[i] = fmt.Sprintf(`{"value":"u%d@example.com"}`, i)
	}
	d := document(t, `{"userName":"ada@example.com","emails":[`+strings.Join(emails, ",")+`]}`)
	one := withPath("replace", "emails.display", `"x"`)
	_, _, err := apply(t, resource.User(), d, patchBody(one+strings.Repeat(","+one, 99)), lenient)
	require.NoError(t, err)
	_, _, err = apply(t, resource.User(), d, patchBody(one+strings.Repeat(","+one, 1000)), lenient)
	refused(t, err, "tooMany")
}
