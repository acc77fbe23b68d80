package resource_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// largeUser is a create of about 1.3 KB.
const largeUser = `{
  "schemas": ["` + core + `", "` + enterprise + `"],
  "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "anna.meier@example.com", "active": true,
  "displayName": "Anna Meier", "nickName": "Anni", "title": "Senior Designer", "userType": "Employee",
  "preferredLanguage": "de-DE", "locale": "de-DE", "timezone": "Europe/Berlin",
  "name": {"formatted": "Anna Meier", "familyName": "Meier", "givenName": "Anna", "middleName": "M."},
  "emails": [{"primary": true, "type": "work", "value": "anna.meier@example.com"}, {"type": "home", "value": "anna@example.org"}],
  "phoneNumbers": [{"type": "work", "value": "+49 30 1234567"}, {"type": "mobile", "value": "+49 170 1234567"}],
  "addresses": [{"type": "work", "streetAddress": "Unter den Linden 1", "locality": "Berlin", "region": "BE",
    "postalCode": "10117", "country": "DE", "formatted": "Unter den Linden 1, 10117 Berlin", "primary": true}],
  "roles": [{"value": "Designer", "primary": true}], "meta": {"resourceType": "User"},
  "` + enterprise + `": {"employeeNumber": "701984", "costCenter": "4130", "organization": "Example",
    "division": "Creative", "department": "Design", "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d"}}
}`

// entraPatch is an update of five operations.
var entraPatch = patchBody(`
  {"op":"Replace","path":"displayName","value":"Anna M."},
  {"op":"Replace","path":"emails[type eq \"work\"].value","value":"anna.m@example.com"},
  {"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"+49 1"},
  {"op":"Replace","path":"` + enterprise + `:employeeNumber","value":"007"},
  {"op":"Replace","path":"active","value":"False"}`)

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(largeUser)))
	for b.Loop() {
		if _, err := resource.User().Parse([]byte(largeUser), lenient); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	in, err := resource.User().Parse([]byte(largeUser), lenient)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := in.Document.Marshal(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPatch decodes the body, decodes the document, applies and encodes.
func BenchmarkPatch(b *testing.B) {
	in, err := resource.User().Parse([]byte(largeUser), lenient)
	require.NoError(b, err)
	raw, err := in.Document.Marshal()
	require.NoError(b, err)
	b.Run("apply", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := apply(b, resource.User(), in.Document, entraPatch, lenient); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d, err := resource.Decode(raw)
			if err != nil {
				b.Fatal(err)
			}
			if d, _, err = apply(b, resource.User(), d, entraPatch, lenient); err != nil {
				b.Fatal(err)
			}
			if _, err := d.Marshal(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPatchMembers(b *testing.B) {
	body := []byte(`{"Operations":[{"op":"add","path":"members","value":[`)
	for i := range 1000 {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"value":"26118915-6090-4610-87e4-`...)
		body = append(body, byte('a'+i%26), byte('a'+i/26%26), byte('a'+i/676))
		body = append(body, `"}`...)
	}
	body = append(body, `]}]}`...)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, _, err := apply(b, resource.Group(), resource.Document{"displayName": "Sales"}, body, lenient); err != nil {
			b.Fatal(err)
		}
	}
}
