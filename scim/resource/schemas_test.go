package resource

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the schema says and what is stored must agree: elimity's own validation
// of the schema accepts a document in canonical form.
func TestParse_GivesWhatTheSchemaAllows(t *testing.T) {
	t.Parallel()
	in, err := User().Parse([]byte(`{"userName":"a","active":"True","emails":"a@example.com","roles":{"value":7,"primary":"true"},
		"x509Certificates":[{"value":"TUlJ"}],"manager":"u1","department":7,"emailAliases":"b@example.com","identityType":"adobeid"}`), Options{})
	require.NoError(t, err)
	core, bad := userSchema().Validate(map[string]any(in.Document))
	require.Nil(t, bad)
	require.Equal(t, in.Document["roles"], core["roles"])
	enterprise, bad := enterpriseSchema().Validate(in.Document[enterpriseSchema().ID])
	require.Nil(t, bad)
	require.Equal(t, in.Document[enterpriseSchema().ID], enterprise)
	adobe, bad := adobeSchema().Validate(in.Document[adobeSchema().ID])
	require.Nil(t, bad)
	require.Equal(t, in.Document[adobeSchema().ID], adobe)
	bridge, bad := bridgeUserSchema().Validate(in.Document[bridgeUserSchema().ID])
	require.Nil(t, bad)
	require.Equal(t, map[string]any{"identityType": "adobeID"}, bridge)
}

func TestLeniencies_SayWhatAndWho(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, l := range Leniencies() {
		assert.NotEmpty(t, l.What)
		assert.NotEmpty(t, l.Who, l.What)
		assert.NotEmpty(t, l.Strict, l.What)
		assert.False(t, seen[l.What], l.What)
		seen[l.What] = true
		refusal := Options{Strict: true}.tolerate(l, "x")
		require.NotNil(t, refusal)
		assert.Equal(t, l.Strict, refusal.Type)
		assert.Nil(t, Options{}.tolerate(l, "x"))
	}
	require.NotEmpty(t, seen)
}
