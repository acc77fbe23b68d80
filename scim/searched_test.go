package scim_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/scim/resource"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// The stores do not know the schemas: what they must know of them is written in
// package search, and compared here with what /Schemas says.
func TestSearch_KnowsTheSchemas(t *testing.T) {
	t.Parallel()
	core := []string{resource.User().Schema(), resource.Group().Schema()}
	extensions := append(resource.User().Extensions(), resource.Group().Extensions()...)
	seen := 0
	for _, d := range resource.SchemaDocuments() {
		urn := d["id"].(string)
		switch {
		case slices.Contains(core, urn):
			urn = ""
		case !slices.Contains(extensions, urn):
			continue // a document of discovery
		}
		for _, a := range d["attributes"].([]any) {
			a := a.(map[string]any)
			p := filter.Path{URN: urn, Attr: a["name"].(string)}
			subs, _ := a["subAttributes"].([]any)
			assert.Equal(t, a["multiValued"], search.IsList(p), "%s multiValued", p)
			assert.Equal(t, len(subs) > 0 && a["multiValued"] == false, search.HasParts(p), "%s complex", p)
			if len(subs) == 0 && a["type"] != "boolean" {
				assert.Equal(t, a["caseExact"], search.Exact(p), "%s caseExact", p)
			}
			for _, s := range subs {
				s := s.(map[string]any)
				sub := filter.Path{URN: urn, Attr: p.Attr, Sub: s["name"].(string)}
				if s["type"] == "string" || s["type"] == "reference" || s["type"] == "binary" {
					assert.Equal(t, s["caseExact"], search.Exact(sub), "%s caseExact", sub)
				}
				seen++
			}
			seen++
		}
	}
	require.Greater(t, seen, 60)
}
