package resource_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

func TestSchemaDocuments_AreComplete(t *testing.T) {
	t.Parallel()
	docs := resource.SchemaDocuments()
	byID := map[string]map[string]any{}
	for _, d := range docs {
		byID[d["id"].(string)] = d
		assert.NotEmpty(t, d["name"])
		assert.NotEmpty(t, d["description"])
		assert.Equal(t, []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, d["schemas"])
	}
	for _, typ := range []*resource.Type{resource.User(), resource.Group()} {
		for _, urn := range append(typ.Extensions(), typ.Schema()) {
			require.Contains(t, byID, urn)
		}
	}
	require.Len(t, docs, 9)
	for _, name := range []string{"User", "Group", "Schema", "ResourceType", "ServiceProviderConfig"} {
		assert.Equal(t, name, byID["urn:ietf:params:scim:schemas:core:2.0:"+name]["name"])
	}
	for _, urn := range []string{resource.User().Schema(), resource.Group().Schema()} {
		assert.Contains(t, attributeNames(byID[urn]), "externalId", "it is returned, so it is declared")
	}
	raw, err := json.Marshal(docs)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "null")
	require.NotContains(t, strings.ToLower(string(raw)), `"name":"password"`)
}

func TestSchemaDocuments_HaveEveryCharacteristic(t *testing.T) {
	t.Parallel()
	var check func(where string, attrs any)
	check = func(where string, attrs any) {
		for _, item := range attrs.([]any) {
			a := item.(map[string]any)
			name := where + "." + a["name"].(string)
			for _, c := range []string{"type", "multiValued", "required", "mutability", "returned"} {
				assert.Contains(t, a, c, name)
			}
			switch a["type"] {
			case "complex":
				// Only a schema itself nests deeper (RFC 7643, section 2.3.8).
				assert.False(t, strings.Contains(where, "User.") || strings.Contains(where, "Group."), name)
				check(name, a["subAttributes"])
			case "boolean":
			default:
				assert.Contains(t, a, "caseExact", name)
				assert.Contains(t, a, "uniqueness", name)
			}
			if a["type"] == "reference" {
				assert.Contains(t, a, "referenceTypes", name)
			}
		}
	}
	for _, d := range resource.SchemaDocuments() {
		check(d["id"].(string), d["attributes"])
	}
}

func TestSchemas_ListsWhatIsThere(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{core}, resource.User().Schemas(document(t, `{"userName":"a"}`)))
	require.Equal(t, []string{core, enterprise, bridge}, resource.User().Schemas(document(t, `{"`+bridge+`":{},"`+enterprise+`":{}}`)))
}

func attributeNames(schema map[string]any) []string {
	var names []string
	for _, a := range schema["attributes"].([]any) {
		names = append(names, a.(map[string]any)["name"].(string))
	}
	return names
}
