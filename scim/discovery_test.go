package scim_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
)

func TestProviderConfig_SaysWhatIsSupported(t *testing.T) {
	t.Parallel()
	c := serve(t)

	v := c.get("/ServiceProviderConfig?sortBy=x").status(200).json()

	yes, no := map[string]any{"supported": true}, map[string]any{"supported": false}
	assert.Equal(t, []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}, v["schemas"])
	assert.Equal(t, yes, v["patch"])
	assert.Equal(t, yes, v["etag"])
	assert.Equal(t, yes, v["sort"])
	assert.Equal(t, no, v["changePassword"])
	assert.Equal(t, map[string]any{"supported": true, "maxResults": 1000.0}, v["filter"])
	assert.Equal(t, map[string]any{
		"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100.0, "maxPageSize": 1000.0, "cursorTimeout": 86400.0,
	}, v["pagination"])
	bulk := v["bulk"].(map[string]any)
	assert.Equal(t, map[string]any{"supported": true, "maxOperations": 1000.0, "maxPayloadSize": float64(24 << 20)}, bulk)
	schemes := v["authenticationSchemes"].([]any)
	require.Len(t, schemes, 1)
	assert.Equal(t, "oauthbearertoken", schemes[0].(map[string]any)["type"])
	assert.Equal(t, baseURL+"/scim/v2/ServiceProviderConfig", v["meta"].(map[string]any)["location"])
}

func TestResourceTypes_NameSchemasThatExist(t *testing.T) {
	t.Parallel()
	c := serve(t)

	types := c.get("/ResourceTypes").resources(2)

	assert.Equal(t, "/Users", types[0]["endpoint"])
	assert.Equal(t, "/Groups", types[1]["endpoint"])
	for _, rt := range types {
		id := rt["id"].(string)
		assert.Equal(t, rt["name"], id)
		assert.Equal(t, rt, c.get("/ResourceTypes/"+id).status(200).json())
		assert.Equal(t, baseURL+"/scim/v2/ResourceTypes/"+id, rt["meta"].(map[string]any)["location"])
		urns := []string{rt["schema"].(string)}
		for _, e := range rt["schemaExtensions"].([]any) {
			urns = append(urns, e.(map[string]any)["schema"].(string))
		}
		for _, urn := range urns {
			c.get("/Schemas/" + urn).status(200)
		}
	}
	assert.Len(t, types[0]["schemaExtensions"], 3)
	assert.Len(t, types[1]["schemaExtensions"], 1)
	c.get("/ResourceTypes/Device").fails(404, "")
}

func TestSchemas_DescribeThemselves(t *testing.T) {
	t.Parallel()
	c := serve(t)
	r := c.get("/Schemas").status(200)
	assert.NotContains(t, r.Body.String(), "null")
	assert.NotContains(t, r.Body.String(), `"password"`)

	ids := map[string]bool{}
	for _, e := range r.list("Resources") {
		schema := e.(map[string]any)
		id := schema["id"].(string)
		ids[id] = true
		assert.NotContains(t, id, "api:messages")
		assert.Equal(t, []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, schema["schemas"])
		meta := schema["meta"].(map[string]any)
		assert.Equal(t, "Schema", meta["resourceType"])
		assert.Equal(t, baseURL+"/scim/v2/Schemas/"+id, meta["location"])
		for _, path := range []string{id, strings.ToUpper(id), url.QueryEscape(id)} {
			one := c.get("/Schemas/" + path).status(200)
			want, err := json.Marshal(schema)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), one.Body.String())
		}
	}
	for _, urn := range []string{
		directory.UserSchema, directory.GroupSchema, directory.EnterpriseSchema,
		directory.AdobeUserSchema, directory.BridgeUserSchema, directory.BridgeGroupSchema,
	} {
		assert.True(t, ids[urn], urn)
	}
	c.get("/Schemas/urn:nothing").fails(404, "")
}

func TestDiscovery_RefusesFilters(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User", "/Schemas/" + directory.UserSchema} {
		c.get(path+`?filter=id+eq+"x"`).fails(403, "")
	}
}
