package resource_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

func TestBulkReferences_AreFoundWhereAnIDIsMeant(t *testing.T) {
	t.Parallel()
	ids := map[string]string{"a": "1", "b": "2", `q"`: "3", "": "4"}
	for _, tt := range []struct{ name, data, want string }{
		{"a value", `{"members":[{"value":"bulkId:a"},{"value":"bulkId:b"}]}`, `{"members":[{"value":"1"},{"value":"2"}]}`},
		{"texts for objects", ` {"manager" : "bulkId:a", "members":["bulkId:b","x"]}`, ` {"manager" : "1", "members":["2","x"]}`},
		{"a reference", `{"$ref":"https://example.com/v2/Users/bulkId:a","$Ref":"../Users/bulkId:b"}`, `{"$ref":"https://example.com/v2/Users/1","$Ref":"../Users/2"}`},
		{"the filter of a path", `{"path":"members[value eq \"bulkId:a\" or value eq \"bulkId:b\"]"}`, `{"path":"members[value eq \"1\" or value eq \"2\"]"}`},
		{"escapes", `{"value":"\u0062ulkId:a","other":"bulkId:q\""}`, `{"value":"1","other":"3"}`},
		{"an empty name", `"bulkId:"`, `"4"`},
		{"a key is none", `{"bulkId:a":"x"}`, `{"bulkId:a":"x"}`},
		{"prose is none", `{"title":"see bulkId:a","profileUrl":"https://example.com/bulkId:a","path":"bulkId"}`, `{"title":"see bulkId:a","profileUrl":"https://example.com/bulkId:a","path":"bulkId"}`},
		{"an unknown one stays", `{"value":"bulkId:z","$ref":"/bulkId:z","path":"[x eq \"bulkId:z\"]"}`, `{"value":"bulkId:z","$ref":"/bulkId:z","path":"[x eq \"bulkId:z\"]"}`},
		{"quotes and backslashes", `{"a":"\\","b":"\"bulkId:a\"","c":"bulkId:a\\"}`, `{"a":"\\","b":"\"bulkId:a\"","c":"bulkId:a\\"}`},
		{"nothing", ``, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, string(resource.ResolveBulk([]byte(tt.data), ids)))
		})
	}
	assert.Equal(t, []string{"b", "a"}, resource.BulkReferences([]byte(`[{"value":"bulkId:b"},{"$ref":"/bulkId:a"},"bulkId:b"]`)))
}

func TestSplitBulk_LeavesOutWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	create, complete, err := resource.SplitBulk([]byte(`{"displayName":"x","members":[{"value":"bulkId:a"},{"value":"bulkId:z"}],`+
		`"manager":{"value":"bulkId:z"},"urn:x:y":{"kept":1,"manager":"bulkId:z"}}`), map[string]string{"a": "1"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"displayName":"x","members":[{"value":"bulkId:a"}],"urn:x:y":{"kept":1}}`, string(create))
	assert.JSONEq(t, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","value":`+
		`{"members":[{"value":"bulkId:z"}],"manager":{"value":"bulkId:z"},"urn:x:y":{"manager":"bulkId:z"}}}]}`, string(complete))

	for _, data := range []string{``, `[]`, `null`, `"x"`} {
		_, _, err := resource.SplitBulk([]byte(data), nil)
		var refused *resource.Error
		require.ErrorAs(t, err, &refused, data)
	}
}

// FuzzResolveBulk holds the text to what encoding/json reads in it.
func FuzzResolveBulk(f *testing.F) {
	f.Add(`{"members":[{"value":"bulkId:a"}],"path":"[value eq \"bulkId:a\"]"}`)
	f.Add(`["\"","\\",{"$ref":"/bulkId:a"}]`)
	f.Fuzz(func(t *testing.T, data string) {
		if !json.Valid([]byte(data)) {
			return // Operations are valid JSON.
		}
		var before, after any
		require.NoError(t, json.Unmarshal([]byte(data), &before))
		known := map[string]string{}
		for _, name := range resource.BulkReferences([]byte(data)) {
			known[name] = "id"
		}
		text := resource.ResolveBulk([]byte(data), known)
		require.NoError(t, json.Unmarshal(text, &after))
		assert.Empty(t, resource.BulkReferences(text))
		if len(known) == 0 {
			assert.Equal(t, data, string(text))
		}
	})
}
