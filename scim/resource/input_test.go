package resource_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// entraUser is a create as Entra ID sends it.
const entraUser = `{
	"schemas": ["` + core + `", "` + enterprise + `"],
	"externalId": "anna", "userName": "anna@example.com", "active": true, "displayName": "Anna Meier",
	"emails": [{"primary": true, "type": "work", "value": "anna@example.com"}],
	"meta": {"resourceType": "User"},
	"name": {"formatted": "Anna Meier", "familyName": "Meier", "givenName": "Anna"},
	"roles": [], "addresses": null,
	"` + enterprise + `": {"department": "Sales", "manager": "123456"}
}`

// oktaUser is a create as Okta sends it.
const oktaUser = `{
	"schemas": ["` + core + `"],
	"userName": "anna@example.com", "name": {"givenName": "Anna", "middleName": "", "familyName": "Meier"},
	"emails": [{"primary": true, "value": "anna@example.com", "type": "work"}],
	"displayName": "Anna Meier", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7",
	"groups": [], "password": "1mz050nq", "active": true
}`

func TestParse_Users(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body   string
		want   string
		strict string // the refusal, "" if it is the same
	}{
		"Entra ID": {body: entraUser, strict: "invalidValue", want: `{
			"externalId": "anna", "userName": "anna@example.com", "active": true, "displayName": "Anna Meier",
			"emails": [{"primary": true, "type": "work", "value": "anna@example.com"}],
			"name": {"formatted": "Anna Meier", "familyName": "Meier", "givenName": "Anna"},
			"` + enterprise + `": {"department": "Sales", "manager": {"value": "123456"}}}`},
		"Okta": {body: oktaUser, want: `{
			"userName": "anna@example.com", "name": {"givenName": "Anna", "familyName": "Meier"},
			"emails": [{"primary": true, "value": "anna@example.com", "type": "work"}],
			"displayName": "Anna Meier", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "active": true}`},
		"OneLogin": {
			body: `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"a","id":null,"active":"true",
				"` + enterprise + `":{"manager":{"managerId":"1","displayName":"B"}}}`,
			want: `{"userName":"a","active":true}`, strict: "invalidSyntax"},
		"Keycloak": {
			body: `{"schemas":["` + core + `"],"userName":"a","emails":[],"phoneNumbers":[{}],"groups":[{"value":"g"}],"roles":[null],"meta":{"location":"Users/1"}}`,
			want: `{"userName":"a"}`},
		"core attributes under the core URN": {
			body: `{"schemas":["` + core + `"],"` + core + `":{"userName":"a","emails":["a@example.com"]}}`,
			want: `{"userName":"a","emails":[{"value":"a@example.com"}]}`, strict: "invalidPath"},
		"a misspelt URN": {
			body: `{"schemas":["` + core + `"],"userName":"a","` + misspelt + `":{"department":"D"}}`,
			want: `{"userName":"a","` + enterprise + `":{"department":"D"}}`, strict: "ignored"},
		"names in any case": {
			body: `{"SCHEMAS":["` + strings.ToUpper(core) + `"],"USERNAME":"a","Emails":[{"VALUE":"a@example.com","Type":"Work"}],"` + strings.ToUpper(enterprise) + `":{"DEPARTMENT":"D"}}`,
			want: `{"userName":"a","emails":[{"value":"a@example.com","type":"Work"}],"` + enterprise + `":{"department":"D"}}`},
		"no schemas": {body: `{"userName":"a"}`, want: `{"userName":"a"}`, strict: "invalidSyntax"},
		"one value for a list": {
			body: `{"schemas":["` + core + `"],"userName":"a","emails":{"value":"a@example.com"}}`,
			want: `{"userName":"a","emails":[{"value":"a@example.com"}]}`, strict: "invalidValue"},
		"the same value twice": {
			body: `{"schemas":["` + core + `"],"userName":"a","emails":[{"value":"a@example.com","type":"work"},{"value":"A@example.com","type":"work","primary":true}]}`,
			want: `{"userName":"a","emails":[{"value":"a@example.com","type":"work","primary":true}]}`},
		"unknown attributes": {
			body: `{"schemas":["` + core + `","urn:example:x"],"userName":"a","shoeSize":{"a":[1]},"urn:example:x":{"a":1},"name":{"nick":"x"}}`,
			want: `{"userName":"a"}`},
		"base64 with the signs at its end, without them, in lines": {
			body: `{"schemas":["` + core + `"],"userName":"a","x509Certificates":[{"value":"TUk="},{"value":"TUI"},{"value":"TUlJ\r\nTUlK"}]}`,
			want: `{"userName":"a","x509Certificates":[{"value":"TUk="},{"value":"TUI"},{"value":"TUlJ\r\nTUlK"}]}`},
		"big numbers as text": {
			body: `{"schemas":["` + core + `"],"userName":"a","externalId":9007199254740993}`,
			want: `{"userName":"a","externalId":"9007199254740993"}`, strict: "invalidValue"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := resource.User().Parse([]byte(c.body), lenient)
			require.NoError(t, err)
			require.Equal(t, canonical(t, c.want), text(t, in.Document))
			in, err = resource.User().Parse([]byte(c.body), strict)
			switch c.strict {
			case "":
				require.NoError(t, err)
				require.Equal(t, canonical(t, c.want), text(t, in.Document))
			case "ignored":
				require.NoError(t, err)
				require.NotContains(t, in.Document, enterprise)
			default:
				refused(t, err, c.strict)
			}
		})
	}
}

func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	many := strings.Builder{}
	for i := range resource.MaxValues + 1 {
		many.WriteString(`,{"value":"` + strconv.Itoa(i) + `"}`)
	}
	cases := map[string]struct{ body, want string }{
		"no JSON":                 {`{`, "invalidSyntax"},
		"no object":               {`[]`, "invalidSyntax"},
		"more than one value":     {`{"userName":"a"}{}`, "invalidSyntax"},
		"no UTF-8":                {"{\"userName\":\"\xff\"}", "invalidSyntax"},
		"a control character":     {"{\"userName\":\"a\nb\"}", "invalidSyntax"},
		"an attribute twice":      {`{"userName":"a","username":"b"}`, "invalidSyntax"},
		"a sub-attribute twice":   {`{"userName":"a","name":{"givenName":"a","GivenName":"b"}}`, "invalidSyntax"},
		"deep nesting":            {strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100), "invalidSyntax"},
		"no userName":             {`{"displayName":"a"}`, "invalidValue"},
		"an empty userName":       {`{"userName":""}`, "invalidValue"},
		"a blank userName":        {`{"userName":"  "}`, "invalidValue"},
		"a null userName":         {`{"userName":null}`, "invalidValue"},
		"a NUL":                   {`{"userName":"a\u0000b"}`, "invalidValue"},
		"an object as userName":   {`{"userName":{"a":"b"}}`, "invalidValue"},
		"two primaries":           {`{"userName":"a","emails":[{"value":"a","primary":true},{"value":"b","primary":"True"}]}`, "invalidValue"},
		"maybe active":            {`{"userName":"a","active":"maybe"}`, "invalidValue"},
		"a kind of identity":      {`{"userName":"a","` + bridge + `":{"identityType":"other"}}`, "invalidValue"},
		"too many values":         {`{"userName":"a","emails":[{"value":"x"}` + many.String() + `]}`, "invalidValue"},
		"a list for an extension": {`{"userName":"a","` + enterprise + `":[1,2]}`, "invalidValue"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := resource.User().Parse([]byte(c.body), lenient)
			refused(t, err, c.want)
		})
	}
}

func TestParse_NeverKeepsAPassword(t *testing.T) {
	t.Parallel()
	for _, body := range []string{oktaUser, `{"userName":"a","PASSWORD":"1mz050nq"}`, `{"userName":"a","` + core + `":{"password":"1mz050nq"}}`, `{"userName":"a","` + core + `:password":"1mz050nq"}`} {
		in, err := resource.User().Parse([]byte(body), lenient)
		require.NoError(t, err)
		require.NotContains(t, text(t, in.Document), "1mz050nq")
	}
}

func TestParse_Groups(t *testing.T) {
	t.Parallel()
	in, err := resource.Group().Parse([]byte(`{
		"schemas": ["`+resource.Group().Schema()+`", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
		"externalId": "8aa1", "displayName": "Sales", "meta": {"resourceType": "Group"},
		"members": [{"value":"u2","display":null},{"value":"u1","$ref":"Users/u1"},{"value":"u2"}]}`), lenient)
	require.NoError(t, err)
	require.Equal(t, `{"displayName":"Sales","externalId":"8aa1"}`, text(t, in.Document))
	require.Equal(t, []string{"u2", "u1"}, in.Members)

	for _, nobody := range []string{`{"displayName":"Sales","members":[]}`, `{"displayName":"Sales"}`} {
		in, err = resource.Group().Parse([]byte(nobody), lenient)
		require.NoError(t, err)
		require.Empty(t, in.Members)
	}

	_, err = resource.Group().Parse([]byte(`{"members":[]}`), lenient)
	refused(t, err, "invalidValue")
}

func TestForCreate_MakesUsersActive(t *testing.T) {
	t.Parallel()
	in, err := resource.User().Parse([]byte(`{"userName":"a","active":null}`), lenient)
	require.NoError(t, err)
	require.Equal(t, true, resource.User().ForCreate(in)["active"])
	require.NotContains(t, in.Document, "active")

	in, err = resource.User().Parse([]byte(`{"userName":"a","active":"False"}`), lenient)
	require.NoError(t, err)
	require.Equal(t, false, resource.User().ForCreate(in)["active"])

	in, err = resource.Group().Parse([]byte(`{"displayName":"a"}`), lenient)
	require.NoError(t, err)
	require.NotContains(t, resource.Group().ForCreate(in), "active")
}

func TestForReplace_ClearsWhatTheClientKnows(t *testing.T) {
	t.Parallel()
	current := document(t, `{"userName":"a","title":"Dr","active":false,"`+enterprise+`":{"department":"D"},"`+bridge+`":{"identityType":"adobeID"}}`)
	cases := map[string]struct{ body, want string }{
		"extensions that are not named stay": {
			`{"schemas":["` + core + `"],"userName":"b"}`,
			`{"userName":"b","active":false,"` + enterprise + `":{"department":"D"},"` + bridge + `":{"identityType":"adobeID"}}`},
		"a listed extension is cleared": {
			`{"schemas":["` + core + `","` + enterprise + `"],"userName":"b","active":true}`,
			`{"userName":"b","active":true,"` + bridge + `":{"identityType":"adobeID"}}`},
		"a carried extension is replaced": {
			`{"userName":"b","` + enterprise + `":{"division":"V"},"` + bridge + `":null}`,
			`{"userName":"b","active":false,"` + enterprise + `":{"division":"V"}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := resource.User().Parse([]byte(c.body), lenient)
			require.NoError(t, err)
			require.Equal(t, canonical(t, c.want), text(t, resource.User().ForReplace(current, in)))
		})
	}
}
