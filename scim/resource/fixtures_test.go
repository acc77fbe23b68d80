package resource_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

const (
	core       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	misspelt   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"
	adobe      = "urn:ietf:params:scim:schemas:extension:Adobe:2.0:User"
	bridge     = "urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User"
)

var (
	lenient = resource.Options{}
	strict  = resource.Options{Strict: true}
)

// bob is the resource that the PATCH tables start from.
const bob = `{
	"userName": "bob@example.com", "active": true, "displayName": "Bob", "externalId": "b1",
	"name": {"givenName": "Bob", "familyName": "Ross"},
	"emails": [
		{"value": "bob@example.com", "type": "work", "primary": true},
		{"value": "bob@example.org", "type": "home"}],
	"` + enterprise + `": {"department": "Eng", "costCenter": "7"}
}`

func document(t testing.TB, text string) resource.Document {
	t.Helper()
	d, err := resource.Decode([]byte(text))
	require.NoError(t, err)
	return d
}

// text is the stored form of a document.
func text(t testing.TB, d resource.Document) string {
	t.Helper()
	raw, err := d.Marshal()
	require.NoError(t, err)
	return string(raw)
}

func canonical(t testing.TB, s string) string { t.Helper(); return text(t, document(t, s)) }

// patchBody makes a PATCH of operations.
func patchBody(operations string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`)
}

func apply(t testing.TB, typ *resource.Type, d resource.Document, body []byte, o resource.Options) (resource.Document, []resource.MemberStep, error) {
	t.Helper()
	p, err := typ.ParsePatch(body, o)
	if err != nil {
		return nil, nil, err
	}
	return typ.Apply(d, p, o)
}

// refused checks that an error is the package's and of a scimType.
func refused(t testing.TB, err error, scimType string) {
	t.Helper()
	var e *resource.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, 400, e.Status)
	require.Equal(t, scimType, string(e.Type), e.Detail)
	require.NotEmpty(t, e.Detail)
}

// path makes an operation with a path and a value.
func withPath(op, path, value string) string {
	p, _ := json.Marshal(path)
	s := `{"op":"` + op + `","path":` + string(p)
	if value != "" {
		s += `,"value":` + value
	}
	return s + `}`
}

func withoutPath(op, value string) string { return `{"op":"` + op + `","value":` + value + `}` }
