package scim_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPreconditions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, value string
		fits                bool
	}{
		{"the version", "If-Match", `W/"1"`, true},
		{"the version as a strong tag", "If-Match", `"1"`, true},
		{"a list with the version", "If-Match", `W/"7", W/"1" , "9"`, true},
		{"any version", "If-Match", "*", true},
		{"another version", "If-Match", `W/"2"`, false},
		{"a list without the version", "If-Match", `W/"7", "9"`, false},
		{"a star in a list is no star", "If-Match", `W/"7", *`, false},
		{"a star in a tag is no star", "If-Match", `"a,*,b"`, false},
		{"no tag", "If-Match", "1", false},
		{"excluding another version", "If-None-Match", `W/"2"`, true},
		{"excluding the version", "If-None-Match", `W/"1"`, false},
		{"excluding the version in a list", "If-None-Match", `"7", "1"`, false},
		{"excluding all versions", "If-None-Match", "*", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t)
			for path, id := range map[string]string{"/Users/": c.addUser("ada"), "/Groups/": c.addGroup("team")} {
				send := *c
				send.header = c.header.Clone()
				send.header[tt.header] = []string{tt.value}
				before := c.everything()

				switch read := send.get(path + id); {
				case tt.fits:
					read.status(200)
				case tt.header == "If-Match":
					read.fails(412, "")
				default:
					assert.Empty(t, read.status(304).Body.String())
					assert.Equal(t, `W/"1"`, read.Header().Get("ETag"))
				}
				title := ops(`{"op":"replace","path":"externalId","value":"x"}`)
				body := userBody("bob")
				if path == "/Groups/" {
					body = groupBody("bob")
				}
				if !tt.fits {
					send.patch(path+id, title).fails(412, "")
					send.patch(path+id, ops()).fails(412, "")
					send.put(path+id, body).fails(412, "")
					send.delete(path+id).fails(412, "")
					assert.Equal(t, before, c.everything())
					send.delete(path+"nobody").fails(404, "")
					continue
				}
				send.patch(path+id, ops()).status(200)
				send.put(path+id, strings.Replace(body, "{", `{"id":"another",`, 1)).status(200)
				if tt.value != "*" && tt.header == "If-Match" {
					send.patch(path+id, title).fails(412, "")
					send.header.Set("If-Match", `W/"2"`)
				}
				if tt.header == "If-None-Match" {
					send.delete(path+id).fails(412, "")
					send.header.Set("If-None-Match", `W/"1"`)
				}
				send.delete(path + id).status(204)
			}
		})
	}
}

// TestPreconditions_LetOneOfManyThrough sends the same conditional change many
// times at once.
func TestPreconditions_LetOneOfManyThrough(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada, team := c.addUser("ada"), c.addGroup("team")
	second := c.addUser("bob")
	for _, tt := range []struct{ name, method, target, body string }{
		{"PATCH of a user", http.MethodPatch, "/Users/" + ada, ops(`{"op":"replace","path":"title","value":"%"}`)},
		{"PUT of a user", http.MethodPut, "/Users/" + ada, strings.Replace(userBody("eve"), "{", `{"title":"other %",`, 1)},
		{"PATCH of a group's members", http.MethodPatch, "/Groups/" + team, ops(`{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}`, `{"op":"replace","path":"externalId","value":"%"}`)},
		{"PUT of a group", http.MethodPut, "/Groups/" + team, strings.Replace(groupBody("crew", ada), "{", `{"externalId":"other %",`, 1)},
		{"DELETE of a user", http.MethodDelete, "/Users/" + second, ""},
		{"DELETE of a group", http.MethodDelete, "/Groups/" + team, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			send := c.with("If-Match", c.get(tt.target).Header().Get("ETag"))
			send.t = t
			codes := make([]int, 8)
			var wg sync.WaitGroup
			for i := range codes {
				wg.Go(func() {
					codes[i] = send.do(tt.method, tt.target, strings.ReplaceAll(tt.body, "%", string(rune('a'+i)))).Code
				})
			}
			wg.Wait()
			won := 0
			for _, code := range codes {
				switch {
				case code < 300:
					won++
				case tt.method == http.MethodDelete && code == http.StatusNotFound:
				default:
					assert.Equal(t, http.StatusPreconditionFailed, code)
				}
			}
			assert.Equal(t, 1, won, "%v", codes)
		})
	}
}

func TestVersion_IsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	version := func(r *reply) string {
		t.Helper()
		tag := r.Header().Get("ETag")
		assert.Regexp(t, `^W/"\d+"$`, tag)
		if r.Code != http.StatusNoContent && r.Code != http.StatusNotModified {
			meta := r.object("meta")
			assert.Equal(t, tag, meta["version"])
			assert.Equal(t, r.Header().Get("Location"), meta["location"])
		}
		return tag
	}
	for path, bodies := range map[string][2]string{
		"/Users":  {userBody("bob"), userBody("eve")},
		"/Groups": {groupBody("team", ada), groupBody("crew", ada)},
	} {
		created := c.post(path, bodies[0]).status(201)
		first := version(created)
		target := path + "/" + created.text("id")
		assert.Equal(t, first, version(c.get(target)))
		assert.Equal(t, first, version(c.patch(target, ops())), "nothing changed")
		assert.Equal(t, first, version(c.put(target, created.Body.String())), "nothing changed")
		second := version(c.put(target, bodies[1]).status(200))
		assert.NotEqual(t, first, second)
		third := version(c.patch(target, ops(`{"op":"add","path":"externalId","value":"x"}`)).status(200))
		assert.NotEqual(t, second, third)
		assert.Equal(t, third, c.get(target+"?attributes=displayName").status(200).Header().Get("ETag"), "of every projection")
		for _, r := range c.get(path + "?filter=externalId+eq+%22x%22").resources(1) {
			assert.Equal(t, third, r["meta"].(map[string]any)["version"])
		}
	}
}
