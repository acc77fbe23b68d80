package scim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What /Schemas advertises is tried out, attribute by attribute, with nothing
// known beforehand of what they are.

// sample makes a value of an attribute as its schema describes it; n makes it
// another one.
func sample(a map[string]any, member string, n int) any {
	one := func(primary bool) any {
		switch a["type"] {
		case "complex":
			o := map[string]any{}
			for _, s := range a["subAttributes"].([]any) {
				sub := s.(map[string]any)
				switch {
				case sub["mutability"] == "readOnly", sub["name"] == "$ref" && a["name"] == "members":
				case sub["name"] == "primary":
					o["primary"] = primary
				case sub["name"] == "display" && a["name"] == "members", sub["name"] == "type" && a["name"] == "members":
				case sub["name"] == "value" && a["name"] == "members":
					o["value"] = member
				default:
					o[sub["name"].(string)] = sample(sub, member, n)
				}
			}
			return o
		case "boolean":
			return n%2 == 0
		case "integer":
			return float64(n)
		case "dateTime":
			return fmt.Sprintf("2026-01-02T03:04:%02dZ", n)
		case "binary":
			return "c2NpbQ=="
		case "reference":
			return fmt.Sprintf("https://%d.example.com", n)
		}
		if values, ok := a["canonicalValues"].([]any); ok {
			return values[n%len(values)]
		}
		return fmt.Sprintf("any text %d", n)
	}
	if a["multiValued"] == true {
		return []any{one(true)}
	}
	return one(true)
}

// holds reports whether a value that is shown has all that was sent.
func holds(shown, sent any) bool {
	switch sent := sent.(type) {
	case map[string]any:
		object, ok := shown.(map[string]any)
		for name, v := range sent {
			ok = ok && holds(object[name], v)
		}
		return ok
	case []any:
		list, ok := shown.([]any)
		ok = ok && len(list) == len(sent)
		for i := 0; ok && i < len(sent); i++ {
			ok = holds(list[i], sent[i])
		}
		return ok
	}
	return shown == sent
}

// advertised is one attribute that clients may write, and where it is tried out.
type advertised struct {
	*client
	target, urn, name string
	core              bool
	schema            map[string]any
}

// shown is what a resource shows of the attribute.
func (a advertised) shown(resource map[string]any) any {
	if !a.core {
		resource, _ = resource[a.urn].(map[string]any)
	}
	return resource[a.name]
}

// path is the attribute as a client finds it in /Schemas.
func (a advertised) path() string { return a.urn + ":" + a.name }

// patched sends a value and checks that the answer and the next read show it.
func (a advertised) patched(op, member string, n int) {
	a.t.Helper()
	value := sample(a.schema, member, n)
	text, err := json.Marshal(value)
	require.NoError(a.t, err)
	body := a.patch(a.target, ops(fmt.Sprintf(`{"op":%q,"path":%q,"value":%s}`, op, a.path(), text))).status(200).json()
	assert.True(a.t, holds(a.shown(body), value), "%s %s: sent %s, got %v", op, a.path(), text, a.shown(body))
	assert.Equal(a.t, a.shown(body), a.shown(a.get(a.target).status(200).json()), "%s %s", op, a.path())
}

// advertisedAttributes are those of a resource's schemas that clients may leave
// out and write.
func advertisedAttributes(c *client, resourceType, target string) []advertised {
	c.t.Helper()
	rt := c.get("/ResourceTypes/" + resourceType).status(200).json()
	urns := []string{rt["schema"].(string)}
	for _, x := range rt["schemaExtensions"].([]any) {
		urns = append(urns, x.(map[string]any)["schema"].(string))
	}
	var out []advertised
	for i, urn := range urns {
		for _, a := range c.get("/Schemas/" + urn).list("attributes") {
			schema := a.(map[string]any)
			if schema["mutability"] != "readOnly" && schema["required"] != true {
				out = append(out, advertised{client: c, target: target, urn: urn, name: schema["name"].(string), core: i == 0, schema: schema})
			}
		}
	}
	return out
}

func TestAdvertisedAttributes_AreKeptReplacedAndRemoved(t *testing.T) {
	t.Parallel()
	c := serve(t)
	member := c.addUser("ada")
	all := advertisedAttributes(c, "User", "/Users/"+c.addUser("bob"))
	all = append(all, advertisedAttributes(c, "Group", "/Groups/"+c.addGroup("team"))...)
	require.Greater(t, len(all), 25)

	for _, a := range all {
		a.patched("replace", member, 1)
		a.patch(a.target, ops(fmt.Sprintf(`{"op":"remove","path":%q}`, a.path()))).status(200)
		after := a.shown(a.get(a.target).status(200).json())
		if a.name == "active" {
			assert.Equal(t, false, after, "nobody is enabled by a removal")
		} else {
			assert.Empty(t, after, a.path())
		}
		a.patched("add", member, 2)
	}
}
