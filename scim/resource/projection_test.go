package resource_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

func full(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{
		"schemas": ["`+core+`","`+enterprise+`","`+bridge+`"], "id": "1", "meta": {"version": "W/\"1\"", "resourceType": "User"},
		"userName": "a", "name": {"givenName": "A", "familyName": "B"},
		"emails": [{"value": "a@example.com", "type": "work"}, {"type": "home", "value": "b@example.com"}],
		"groups": [{"value": "g"}],
		"`+enterprise+`": {"department": "D", "manager": {"value": "2", "displayName": "M"}},
		"`+bridge+`": {"sync": {"state": "synced"}}}`), &m))
	return m
}

func TestProjection_SelectsAttributes(t *testing.T) {
	t.Parallel()
	least := `"id":"1","schemas":["` + core + `"]`
	cases := map[string]struct {
		attributes, excluded string
		want                 string
	}{
		"a whole attribute":      {attributes: "userName", want: `{` + least + `,"userName":"a"}`},
		"case and spaces":        {attributes: " USERNAME , ", want: `{` + least + `,"userName":"a"}`},
		"the core URN":           {attributes: core + ":userName", want: `{` + least + `,"userName":"a"}`},
		"a sub-attribute":        {attributes: "name.givenName", want: `{` + least + `,"name":{"givenName":"A"}}`},
		"of each value":          {attributes: "emails.value", want: `{` + least + `,"emails":[{"value":"a@example.com"},{"value":"b@example.com"}]}`},
		"the whole beats a part": {attributes: "name.givenName,name", want: `{` + least + `,"name":{"givenName":"A","familyName":"B"}}`},
		"brackets are read past": {attributes: `emails[type eq "a,b"].type`, want: `{` + least + `,"emails":[{"type":"work"},{"type":"home"}]}`},
		"an unknown name":        {attributes: "shoeSize", want: `{` + least + `}`},
		"meta":                   {attributes: "meta.version", want: `{` + least + `,"meta":{"version":"W/\"1\""}}`},
		"an extension": {attributes: enterprise,
			want: `{"id":"1","schemas":["` + core + `","` + enterprise + `"],"` + enterprise + `":{"department":"D","manager":{"value":"2","displayName":"M"}}}`},
		"part of an extension": {attributes: enterprise + ":manager.value",
			want: `{"id":"1","schemas":["` + core + `","` + enterprise + `"],"` + enterprise + `":{"manager":{"value":"2"}}}`},
		"excluded": {excluded: "emails,groups,meta,name.familyName,id,schemas," + enterprise + "," + bridge,
			want: `{` + least + `,"userName":"a","name":{"givenName":"A"}}`},
		"the core schema excluded": {excluded: core + "," + enterprise + "," + bridge + ":sync", want: `{` + least + `}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := resource.ParseProjection(resource.User(), []string{c.attributes}, []string{c.excluded})
			require.NoError(t, err)
			require.True(t, p.Given())
			in := full(t)
			got, err := json.Marshal(p.Apply(resource.User(), in))
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
			require.Equal(t, full(t), in, "the input must stay as it was")
		})
	}
}

func TestProjection_DefaultIsAllButSecrets(t *testing.T) {
	t.Parallel()
	p, err := resource.ParseProjection(resource.User(), []string{"", " "}, nil)
	require.NoError(t, err)
	require.False(t, p.Given())
	in := full(t)
	in["password"] = "secret"
	require.Equal(t, full(t), p.Apply(resource.User(), in))
	p, err = resource.ParseProjection(resource.User(), []string{"password"}, nil)
	require.NoError(t, err)
	require.NotContains(t, p.Apply(resource.User(), in), "password")
}

func TestProjection_TakesOneOfTheTwo(t *testing.T) {
	t.Parallel()
	_, err := resource.ParseProjection(resource.User(), []string{"a"}, []string{"b"})
	refused(t, err, "invalidValue")
}

func TestProjection_SaysWhatIsWanted(t *testing.T) {
	t.Parallel()
	cases := []struct {
		attributes, excluded string
		attr                 string
		want                 bool
	}{
		{"", "", "members", true},
		{"", "members", "members", false},
		{"", "members.display", "members", true},
		{"displayName", "", "members", false},
		{"members.value", "", "members", true},
		{"displayName", "", "sync", false},
		{resource.Group().Extensions()[0], "", "sync", true},
		{"sync.state", "", "sync", true},
		{"", resource.Group().Extensions()[0] + ":sync", "sync", false},
		{"", "urn:ietf:params:scim:schemas:core:2.0:Group", "members", false},
	}
	for _, c := range cases {
		p, err := resource.ParseProjection(resource.Group(), []string{c.attributes}, []string{c.excluded})
		require.NoError(t, err)
		require.Equal(t, c.want, p.Wants(c.attr), "%+v", c)
	}
	p, err := resource.ParseProjection(resource.User(), nil, []string{bridge, "groups"})
	require.NoError(t, err)
	require.False(t, p.Wants("sync"))
	require.False(t, p.Wants("groups"))
	require.True(t, p.Wants("meta"))
}
