package scim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
)

// The characteristics (RFC 7643 section 2.2) that /Schemas advertises are
// compared with what the server does.

// declared is an attribute or sub-attribute as /Schemas shows it.
type declared struct {
	urn, parent, name string
	core              bool
	schema            map[string]any
}

// path is the attribute in full notation.
func (d declared) path() string {
	if d.parent != "" {
		return d.urn + ":" + d.parent + "." + d.name
	}
	return d.urn + ":" + d.name
}

// in finds the attribute's value in a resource; of a list it takes the first.
func (d declared) in(resource map[string]any) any {
	if !d.core {
		resource, _ = resource[d.urn].(map[string]any)
	}
	if d.parent == "" {
		return resource[d.name]
	}
	v := resource[d.parent]
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	complex, _ := v.(map[string]any)
	return complex[d.name]
}

// put sets a value in a resource that is to be sent.
func (d declared) put(resource map[string]any, v any) {
	if d.parent != "" {
		v = map[string]any{d.name: v}
	}
	name := d.name
	if d.parent != "" {
		name = d.parent
	}
	if !d.core {
		resource[d.urn] = map[string]any{name: v}
		return
	}
	resource[name] = v
}

// declaredAttributes are all attributes of a resource's schemas, with their
// sub-attributes.
func declaredAttributes(c *client, resourceType string) []declared {
	c.t.Helper()
	rt := c.get("/ResourceTypes/" + resourceType).status(200).json()
	urns := []string{rt["schema"].(string)}
	for _, x := range rt["schemaExtensions"].([]any) {
		urns = append(urns, x.(map[string]any)["schema"].(string))
	}
	var out []declared
	for i, urn := range urns {
		for _, a := range c.get("/Schemas/" + urn).list("attributes") {
			schema := a.(map[string]any)
			out = append(out, declared{urn: urn, core: i == 0, name: schema["name"].(string), schema: schema})
			subs, _ := schema["subAttributes"].([]any)
			for _, s := range subs {
				sub := s.(map[string]any)
				out = append(out, declared{urn: urn, core: i == 0, parent: schema["name"].(string), name: sub["name"].(string), schema: sub})
			}
		}
	}
	return out
}

// swapCase gives the other spelling of a text.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// full creates a resource that has a value of every attribute that can be
// written, and returns it as a read shows it.
func full(c *client, resourceType string, all []declared) map[string]any {
	c.t.Helper()
	member := c.addUser("member")
	body := map[string]any{"schemas": []string{}}
	for _, d := range all {
		if d.parent != "" || d.schema["mutability"] == "readOnly" {
			continue
		}
		v := sample(d.schema, member, 1)
		if d.core {
			body[d.name] = v
			continue
		}
		extension, ok := body[d.urn].(map[string]any)
		if !ok {
			extension = map[string]any{}
			body[d.urn] = extension
		}
		extension[d.name] = v
	}
	text, err := json.Marshal(body)
	require.NoError(c.t, err)
	id := c.post("/"+resourceType+"s", string(text)).status(201).text("id")
	if resourceType == "User" {
		c.addGroup("of the user", id)
	}
	return c.get("/" + resourceType + "s/" + id).status(200).json()
}

func TestCharacteristics_AreTrue(t *testing.T) {
	t.Parallel()
	for _, resourceType := range []string{"User", "Group"} {
		t.Run(resourceType, func(t *testing.T) {
			t.Parallel()
			c := serve(t)
			all := declaredAttributes(c, resourceType)
			shown := full(c, resourceType, all)
			endpoint := "/" + resourceType + "s"
			target := endpoint + "/" + shown["id"].(string)
			for _, d := range all {
				v := d.in(shown)
				if v == nil {
					// What the server alone writes need not be there.
					assert.Equal(t, "readOnly", d.schema["mutability"], d.path())
					continue
				}
				if d.schema["multiValued"] == true {
					assert.IsType(t, []any{}, v, d.path())
				}
				assert.Equal(t, "default", d.schema["returned"], d.path())
				without := c.get(target + "?excludedAttributes=" + url.QueryEscape(d.path())).status(200).json()
				assert.Nil(t, d.in(without), d.path())
				assert.Equal(t, v, d.in(c.get(target+"?attributes="+url.QueryEscape(d.path())).status(200).json()), d.path())
				assert.Nil(t, d.in(c.get(target+"?attributes=id").status(200).json()), d.path())

				if text, ok := v.(string); ok && (d.schema["type"] == "string" || d.schema["type"] == "reference") && !isMadeUp(d) {
					found := func(literal string) int {
						r := c.get(endpoint + "?filter=" + url.QueryEscape(fmt.Sprintf("%s eq %q and id eq %q", d.path(), literal, shown["id"])))
						return len(r.status(200).list("Resources"))
					}
					assert.Equal(t, 1, found(text), d.path())
					want := 1
					if d.schema["caseExact"] == true && swapCase(text) != text {
						want = 0
					}
					assert.Equal(t, want, found(swapCase(text)), "%s in another case", d.path())
				}
			}
		})
	}
}

// TestDiscovery_DescribesItself compares the documents of discovery with the
// schemas that discovery gives for them.
func TestDiscovery_DescribesItself(t *testing.T) {
	t.Parallel()
	c := serve(t)
	documents := map[string][]any{
		"ServiceProviderConfig": {c.get("/ServiceProviderConfig").status(200).json()},
		"ResourceType":          c.get("/ResourceTypes").status(200).list("Resources"),
		"Schema":                c.get("/Schemas").status(200).list("Resources"),
	}
	var check func(path string, value map[string]any, attributes []any)
	check = func(path string, value map[string]any, attributes []any) {
		known := map[string]bool{
			"schemas": path == "", "meta": path == "", "id": path == "",
			// The schema of schemas lists two levels; those of its own attributes have three.
			"subAttributes": path == ".attributes.subAttributes",
		}
		for _, a := range attributes {
			schema := a.(map[string]any)
			name := schema["name"].(string)
			known[name] = true
			assert.Equal(t, "readOnly", schema["mutability"], "%s.%s", path, name)
			v := value[name]
			if v == nil {
				assert.NotEqual(t, true, schema["required"], "%s.%s is missing", path, name)
				continue
			}
			list, many := v.([]any)
			assert.Equal(t, schema["multiValued"], many, "%s.%s", path, name)
			if !many {
				list = []any{v}
			}
			for _, one := range list {
				switch schema["type"] {
				case "complex":
					subs, _ := schema["subAttributes"].([]any)
					check(path+"."+name, one.(map[string]any), subs)
				case "boolean":
					assert.IsType(t, true, one, "%s.%s", path, name)
				case "integer":
					assert.IsType(t, 1.0, one, "%s.%s", path, name)
				default:
					assert.IsType(t, "", one, "%s.%s", path, name)
				}
			}
		}
		for name := range value {
			assert.True(t, known[name], "%s.%s is in no schema", path, name)
		}
	}
	for name, list := range documents {
		require.NotEmpty(t, list)
		schema := c.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:" + name).status(200)
		assert.Equal(t, name, schema.text("name"))
		for _, d := range list {
			check("", d.(map[string]any), schema.list("attributes"))
		}
	}
}

// TestProviderConfig_IsTrue tries out what /ServiceProviderConfig says.
func TestProviderConfig_IsTrue(t *testing.T) {
	t.Parallel()
	c := serve(t)
	config := c.get("/ServiceProviderConfig").status(200)
	supported := func(name string) bool { return config.object(name)["supported"].(bool) }
	ada := c.addUser("ada")
	c.addUser("Zoe")
	c.addUser("bob")

	require.True(t, supported("patch"))
	c.patch("/Users/"+ada, ops(`{"op":"add","path":"title","value":"x"}`)).status(200)

	require.True(t, supported("bulk")) // for its limits see TestBulk_LimitsAreThoseThatAreAdvertised
	assert.Equal(t, []string{"404"}, statuses(c.bulk("", `{"method":"DELETE","path":"/Users/nobody"}`)))

	require.True(t, supported("filter"))
	c.get("/Users?filter=title+eq+%22x%22").resources(1)

	require.True(t, supported("etag"))
	assert.NotEmpty(t, c.get("/Users/"+ada).Header().Get("ETag"))
	c.with("If-Match", `W/"1"`).delete("/Users/"+ada).fails(412, "")

	require.False(t, supported("changePassword"))
	version := c.get("/Users/" + ada).Header().Get("ETag")
	r := c.patch("/Users/"+ada, ops(`{"op":"replace","path":"password","value":"secret"}`)).status(200)
	assert.Equal(t, version, r.Header().Get("ETag"), "a password is not kept")

	names := []string{}
	for _, u := range c.get("/Users?sortBy=userName&sortOrder=descending").resources(3) {
		names = append(names, u["userName"].(string))
	}
	sorted := []string{"Zoe@example.com", "bob@example.com", "ada@example.com"}
	assert.Equal(t, supported("sort"), slices.Equal(sorted, names), "%v", names)

	pagination := config.object("pagination")
	require.Equal(t, "index", pagination["defaultPaginationMethod"])
	assert.Equal(t, pagination["index"], c.get("/Users?count=1").status(200).json()["startIndex"] == 1.0)
	assert.NotContains(t, c.get("/Users?count=1").json(), "nextCursor")
	first := c.get("/Users?count=1&cursor").status(200)
	_, more := first.json()["nextCursor"]
	assert.Equal(t, pagination["cursor"], more)

	schemes := config.list("authenticationSchemes")
	require.Len(t, schemes, 1)
	require.Equal(t, "oauthbearertoken", schemes[0].(map[string]any)["type"])
	assert.True(t, strings.HasPrefix(c.with("Authorization", "").get("/Users").status(401).Header().Get("WWW-Authenticate"), "Bearer "))
}

// isMadeUp tells attributes that no filter finds, since they are made for each
// answer.
func isMadeUp(d declared) bool {
	return d.name == "$ref" && d.parent != "manager" || d.path() == directory.UserSchema+":groups.type"
}

func TestCharacteristics_ReadOnlyIsNotWritten(t *testing.T) {
	t.Parallel()
	for _, resourceType := range []string{"User", "Group"} {
		c := serve(t)
		all := declaredAttributes(c, resourceType)
		shown := full(c, resourceType, all)
		target := "/" + resourceType + "s/" + shown["id"].(string)
		n := 0
		for _, d := range all {
			if d.schema["mutability"] != "readOnly" {
				continue
			}
			n++
			value := sample(d.schema, "", 3)
			text, err := json.Marshal(value)
			require.NoError(t, err)
			for _, op := range []string{
				fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, d.path(), text),
				fmt.Sprintf(`{"op":"add","path":%q,"value":%s}`, d.path(), text),
				fmt.Sprintf(`{"op":"remove","path":%q}`, d.path()),
			} {
				c.patch(target, ops(op)).fails(400, "mutability")
			}
			body := map[string]any{"userName": "other@example.com", "displayName": "other", "schemas": []string{}}
			d.put(body, value)
			sent, err := json.Marshal(body)
			require.NoError(t, err)
			created := c.post("/"+resourceType+"s", string(sent)).status(201).json()
			assert.NotEqual(t, value, d.in(created), d.path())
			c.delete("/" + resourceType + "s/" + created["id"].(string)).status(204)
		}
		assert.GreaterOrEqual(t, n, 4)
		assert.Equal(t, shown, c.get(target).json())
	}
}

func TestCharacteristics_RequiredAndUnique(t *testing.T) {
	t.Parallel()
	for _, resourceType := range []string{"User", "Group"} {
		c := serve(t)
		all := declaredAttributes(c, resourceType)
		first := full(c, resourceType, all)
		endpoint := "/" + resourceType + "s"
		var required, unique []string
		for _, d := range all {
			if d.parent != "" || d.schema["mutability"] == "readOnly" {
				continue
			}
			body := map[string]any{"userName": "other@example.com", "displayName": "other", "schemas": []string{}}
			delete(body, d.name)
			sent, err := json.Marshal(body)
			require.NoError(t, err)
			r := c.post(endpoint, string(sent))
			if d.schema["required"] == true {
				required = append(required, d.name)
				r.fails(400, "invalidValue")
				c.patch(endpoint+"/"+first["id"].(string), ops(`{"op":"remove","path":"`+d.path()+`"}`)).fails(400, "mutability")
			} else {
				c.delete(endpoint + "/" + r.status(201).text("id")).status(204)
			}

			d.put(body, d.in(first))
			sent, err = json.Marshal(body)
			require.NoError(t, err)
			if r = c.post(endpoint, string(sent)); d.schema["uniqueness"] == "server" {
				unique = append(unique, d.name)
				r.fails(409, "uniqueness")
			} else {
				c.delete(endpoint + "/" + r.status(201).text("id")).status(204)
			}
		}
		want := map[string][]string{"User": {"userName"}, "Group": {"displayName"}}[resourceType]
		assert.Equal(t, want, required)
		assert.Equal(t, want, unique)
	}
}

func TestCharacteristics_ImmutableIsNotChanged(t *testing.T) {
	t.Parallel()
	c := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].Strict = true })
	ada := c.addUser("ada")
	group := c.addGroup("team", ada)
	n := 0
	for _, d := range declaredAttributes(c, "Group") {
		if d.schema["mutability"] != "immutable" {
			continue
		}
		n++
		c.patch("/Groups/"+group, ops(fmt.Sprintf(`{"op":"replace","path":"members[value eq \"%s\"].%s","value":"x"}`, ada, d.name))).fails(400, "mutability")
	}
	assert.Equal(t, 4, n)
	assert.Equal(t, []string{ada}, c.members(group))

	before := c.get("/Groups/" + group).status(200)
	edited := `{"value":"` + ada + `","type":"Group","display":"x","$ref":"https://other.example.com/Groups/x"}`
	after := c.put("/Groups/"+group, strings.Replace(groupBody("team"), `"members":[]`, `"members":[`+edited+`]`, 1)).status(200)
	assert.JSONEq(t, before.Body.String(), after.Body.String(), "a PUT changes no member either")
}
