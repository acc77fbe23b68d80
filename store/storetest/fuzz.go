package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// FuzzWhere holds any text that is a filter to two laws: the database takes what
// it is turned into, and finds those whom plain evaluation finds. The store is a fresh
// one.
func FuzzWhere(f *testing.F, s store.Store) {
	f.Helper()
	for _, text := range []string{
		`userName eq "ADA" and not (title pr or emails[type eq "work" and value ew ".com"])`,
		`emails co "a" or name.familyName sw "Stra" or active eq false or active ne "x"`,
		`meta.lastModified gt "2026-11-22T00:00:00.0000001Z" or meta.created le 2026`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "7" and name pr`,
		`userName eq "ADA" or emails.value eq "a@b.c" or externalId eq "x" or externalId eq "X"`,
		`active pr and (displayName sw "strasse" or userName sw "e" and title ne "Dr") or not (id eq "0" or userName eq "bob")`,
		`groups.value eq "g" or groups pr or name[givenName ne null] or id lt 1e5`,
		`a'b.c eq "x" or a"b pr`, `x eq "\udbff\udfff"`, strings.Repeat(`emails[value sw "x"] or `, 99) + `id pr`,
	} {
		f.Add(text)
	}
	docs := []string{
		`{"userName":"Ada","active":false,"title":"Dr","emails":[{"value":"Ada@Example.com","type":"Work","primary":true},{"value":"a@b.c"}]}`,
		`{"userName":"bob","externalId":"X","displayName":"STRASSE","name":{"familyName":"Straße","givenName":""},` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"7"},"department":"Ünï"}}`,
		`{"userName":"eve","emails":[],"profileUrl":"https://Example.com"}`,
	}
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for i, d := range docs {
		_, err := s.CreateUser(f.Context(), "acme", directory.User{Meta: directory.Meta{ID: fmt.Sprint(i)}, Document: []byte(d)}, directory.Origin{At: at})
		require.NoError(f, err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.Parse(text)
		if err != nil {
			return
		}
		got, err := s.Users(t.Context(), "acme", filter.Query{Where: e}, directory.Page{Start: 1, Count: 10})
		require.NoError(t, err)
		if namesSync(text) {
			return // which is not in these documents
		}
		var want []string
		for i, d := range docs {
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(d), &m))
			m["id"] = fmt.Sprint(i)
			m["meta"] = map[string]any{"resourceType": "User", "created": at, "lastModified": at, "version": `W/"1"`}
			if m["active"] == nil {
				m["active"] = true
			}
			if filter.Matches(e, m, search.Exact) {
				want = append(want, fmt.Sprint(i))
			}
		}
		var ids []string
		for _, u := range got.Resources {
			ids = append(ids, u.ID)
		}
		require.Equal(t, want, ids, text)
	})
}

func namesSync(text string) bool { return strings.Contains(strings.ToLower(text), "sync") }
