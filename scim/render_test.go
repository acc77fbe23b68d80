package scim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// ada is a user as the directory returns her.
func ada() directory.User {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.FixedZone("", 3600))
	return directory.User{
		Meta: directory.Meta{ID: "id-1", Version: 7, Created: at, LastModified: at.Add(time.Hour)},
		Document: []byte(`{"active":true,"displayName":"Ada \"<Ä>\" L\\","emails":[{"primary":true,"type":"work","value":"ada@example.com"}],` +
			`"name":{"familyName":"Lovelace","givenName":"Ada"},` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"},` +
			`"urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User":{"identityType":"federatedID"},"userName":"ada@example.com"}`),
		Sync: directory.Sync{State: directory.SyncFailed, Detail: "error.user: no, ask an administrator", LastSynced: at},
	}
}

func TestRender_SplicedAndProjectedAreTheSame(t *testing.T) {
	t.Parallel()
	want := `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
			"urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User"],
		"id": "id-1", "active": true, "displayName": "Ada \"<Ä>\" L\\",
		"emails": [{"primary": true, "type": "work", "value": "ada@example.com"}],
		"groups": [{"value": "g", "$ref": "https://scim.example.com/scim/v2/Groups/g", "display": "Sales", "type": "direct"}],
		"name": {"familyName": "Lovelace", "givenName": "Ada"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"},
		"urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User": {"identityType": "federatedID", "sync": {
			"state": "failed", "detail": "error.user: no, ask an administrator", "lastSynced": "2026-01-02T02:04:05.678901Z"}},
		"userName": "ada@example.com",
		"meta": {"resourceType": "User", "created": "2026-01-02T02:04:05.678901Z", "lastModified": "2026-01-02T03:04:05.678901Z",
			"location": "https://scim.example.com/scim/v2/Users/id-1", "version": "W/\"7\""}}`
	for _, excluded := range [][]string{nil, {"nothing"}} {
		p, err := resource.ParseProjection(resource.User(), nil, excluded)
		require.NoError(t, err)
		v := renderer{base: "https://scim.example.com/scim/v2", projection: p}
		a := &answer{}
		require.NoError(t, v.appendUser(a, ada(), []directory.GroupRef{{ID: "g", DisplayName: "Sales"}}))
		assert.JSONEq(t, want, a.buf.String())
	}
}

func TestRender_AGroupToo(t *testing.T) {
	t.Parallel()
	for _, excluded := range [][]string{nil, {"members"}} {
		p, err := resource.ParseProjection(resource.Group(), nil, excluded)
		require.NoError(t, err)
		s := &service{server: &server{dir: nobody{}}}
		g := directory.Group{
			Meta:     ada().Meta,
			Document: []byte(` { "displayName" : "Sales" , "externalId":"8" } `),
			Sync:     directory.Sync{State: directory.SyncHeld, Pending: 1, Held: 2, Failed: 3},
		}
		a := &answer{}
		require.NoError(t, s.appendGroup(httptest.NewRequest("GET", "/", nil), renderer{base: "https://scim.example.com", projection: p}, a, g))
		members := `"members": [],`
		if excluded != nil {
			members = ""
		}
		assert.JSONEq(t, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "urn:ietf:params:scim:schemas:extension:scimbridge:2.0:Group"],
			"id": "id-1", "displayName": "Sales", "externalId": "8", `+members+`
			"urn:ietf:params:scim:schemas:extension:scimbridge:2.0:Group": {"sync": {"state": "held", "pending": 1, "held": 2, "failed": 3}},
			"meta": {"resourceType": "Group", "created": "2026-01-02T02:04:05.678901Z", "lastModified": "2026-01-02T03:04:05.678901Z",
				"location": "https://scim.example.com/Groups/id-1", "version": "W/\"7\""}}`, a.buf.String())
	}
}

// nobody has no members.
type nobody struct{ Directory }

func (nobody) Members(context.Context, string, string, string, int) ([]directory.Member, error) {
	return nil, nil
}

func TestSplit_FindsTheMembersOfAnyObject(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":"}\"{,:","b":[{"c":"]"},[1,2]],"d":{"e":{}},"f":null,"g":-1.5e3,"h":true}`,
		` { "a" : "x" , "b" : [ 1 , 2 ] , "c" : { "d" : 1 } , "e" : 7 } `, `{"a":"\\","b":"\\\""}`,
	} {
		var want map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(doc), &want))
		fields, err := split([]byte(doc), nil)
		require.NoError(t, err, doc)
		got := map[string]json.RawMessage{}
		for _, f := range fields {
			got[string(f.name)] = json.RawMessage(f.value)
		}
		assert.Equal(t, want, got, doc)
	}
	for _, damaged := range []string{``, `null`, `[1]`, `{`, `{"a"}`, `{"a":}`, `{"a":"x}`, `{"a":[}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":"x" "b":2}`} {
		_, err := split([]byte(damaged), nil)
		assert.Error(t, err, damaged)
	}
}

func TestRender_MemberInOneGoIsTheSame(t *testing.T) {
	t.Parallel()
	p, err := resource.ParseProjection(resource.Group(), nil, nil)
	require.NoError(t, err)
	v := renderer{base: "https://scim.example.com/scim/v2", projection: p}
	for _, m := range []directory.Member{
		{ID: "a", Type: directory.MemberUser, Display: "Ada \"<Ä>\"\u2028\\ \x01 \x7f"},
		{ID: "b", Type: directory.MemberGroup},
	} {
		var buf bytes.Buffer
		shown, err := v.appendMember(&buf, m, true)
		require.NoError(t, err)
		require.True(t, shown)
		want, err := json.Marshal(v.memberFields(m))
		require.NoError(t, err)
		assert.JSONEq(t, string(want), buf.String())
	}
}

func TestMatch_FindsAnyOfTheTokens(t *testing.T) {
	t.Parallel()
	tokens := []Token{{Name: "a", SHA256: sha256.Sum256([]byte("one"))}, {Name: "b", SHA256: sha256.Sum256([]byte("two"))}, {Name: "c", SHA256: sha256.Sum256([]byte("three"))}}
	for given, want := range map[string]string{"one": "a", "two": "b", "three": "c"} {
		token, ok := match(tokens, given)
		assert.True(t, ok)
		assert.Equal(t, want, token.Name)
	}
	_, ok := match(tokens, "four")
	assert.False(t, ok)
	_, ok = match(nil, "one")
	assert.False(t, ok)
}

// BenchmarkRenderUser compares splicing the stored text with taking it apart.
func BenchmarkRenderUser(b *testing.B) {
	for name, excluded := range map[string][]string{"spliced": nil, "projected": {"groups"}} {
		b.Run(name, func(b *testing.B) {
			p, err := resource.ParseProjection(resource.User(), nil, excluded)
			require.NoError(b, err)
			v := renderer{base: "https://scim.example.com/scim/v2", projection: p}
			u := ada()
			b.ReportAllocs()
			for b.Loop() {
				a := &answer{}
				if err := v.appendUser(a, u, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
