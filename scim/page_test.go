package scim_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// follow reads a list cursor by cursor and returns the ids of each page.
func (c *client) follow(target, parameters string, total int) [][]string {
	c.t.Helper()
	var pages [][]string
	for cursor := ""; ; {
		r := c.get(target + "?" + parameters + "&cursor=" + url.QueryEscape(cursor))
		pages = append(pages, ids(r.resources(total)))
		next, more := r.json()["nextCursor"].(string)
		require.NotContains(c.t, r.json(), "startIndex")
		if !more {
			return pages
		}
		require.Regexp(c.t, `^[A-Za-z0-9._~-]+$`, next)
		cursor = next
	}
}

func TestCursor_ReadsAListPageByPage(t *testing.T) {
	t.Parallel()
	c := serve(t)
	assert.Equal(t, [][]string{{}}, c.follow("/Users", "count=2", 0))
	var users []string
	for i := range 6 {
		users = append(users, c.addUser(fmt.Sprint("user", 9-i)))
	}
	team := c.addGroup("team", users[0])
	crew := c.addGroup("crew")
	backwards := slices.Clone(users)
	slices.Reverse(backwards)
	for name, tt := range map[string]struct {
		target, parameters string
		want               [][]string
	}{
		"pages that do not come out even": {"/Users", "count=4", [][]string{users[:4], users[4:]}},
		"pages that do":                   {"/Users", "count=3", [][]string{users[:3], users[3:]}},
		"one page":                        {"/Users", "", [][]string{users}},
		"sorted":                          {"/Users", "count=4&sortBy=userName", [][]string{backwards[:4], backwards[4:]}},
		"sorted down":                     {"/Users", "count=5&sortBy=userName&sortOrder=Descending", [][]string{users[:5], users[5:]}},
		"filtered":                        {"/Users", "count=2&filter=userName+gt+%22user6%22", [][]string{users[:2], users[2:4]}},
		"all types":                       {"/", "count=4", [][]string{users[:4], append(slices.Clone(users[4:]), team, crew)}},
		"types that end with a page":      {"/", "count=6", [][]string{users, {team, crew}}},
		"types in small pages":            {"/", "count=1&filter=userName+sw+%22user9%22+or+displayName+pr", [][]string{users[:1], {team}, {crew}}},
	} {
		total := 0
		for _, page := range tt.want {
			total += len(page)
		}
		assert.Equal(t, tt.want, c.follow(tt.target, tt.parameters, total), name)
	}
	for _, none := range []string{"0", "-3"} {
		r := c.get("/Users?cursor&count=" + none)
		assert.Empty(t, r.resources(6))
		assert.NotContains(t, r.json(), "nextCursor")
	}
	assert.Len(t, c.get("/Users?cursor&count=99999999999999999999").resources(6), 6)
	assert.NotContains(t, c.get("/Users?count=2").json(), "nextCursor", "where no cursor is asked for")
}

func TestCursor_StaysWhileUsersComeAndGo(t *testing.T) {
	t.Parallel()
	c := serve(t)
	var users []string
	for i := range 5 {
		users = append(users, c.addUser(fmt.Sprint("user", i)))
	}
	first := c.post("/Users/.search", `{"count":2,"cursor":""}`)
	require.Equal(t, users[:2], ids(first.resources(5)))
	c.delete("/Users/" + users[0]).status(204)
	c.delete("/Users/" + users[1]).status(204)
	users = append(users, c.addUser("late"))
	second := c.post("/Users/.search", `{"count":2,"cursor":"`+first.text("nextCursor")+`"}`)
	require.Equal(t, users[2:4], ids(second.resources(5)), "with the total that there was")
	third := c.post("/Users/.search", `{"count":2,"cursor":"`+second.text("nextCursor")+`"}`)
	require.Equal(t, users[4:], ids(third.resources(5)))
}

// pageNotes notes which pages of users were asked for.
type pageNotes struct {
	scim.Directory
	pages []directory.Page
}

func (d *pageNotes) Users(ctx context.Context, org string, q filter.Query, p directory.Page) (directory.List[directory.User], error) {
	d.pages = append(d.pages, p)
	return d.Directory.Users(ctx, org, q, p)
}

// A page that has an After is not counted: see directory.List.
func TestCursor_CountsTheFirstPageOnly(t *testing.T) {
	t.Parallel()
	d := &pageNotes{Directory: open(t)}
	c := serveOn(t, d)
	for i := range 6 {
		c.addUser(fmt.Sprint("user", i))
	}
	require.Len(t, c.follow("/Users", "count=2&filter=active+eq+true", 6), 3)
	require.Len(t, d.pages, 3)
	require.Empty(t, d.pages[0].After)
	for _, p := range d.pages[1:] {
		require.NotEmpty(t, p.After)
	}
}

func TestCursor_WorksOnlyForItsSearch(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for i := range 4 {
		c.addUser(fmt.Sprint("user", i))
		c.globex().addUser(fmt.Sprint("user", i))
	}
	const search = "/Users?count=2&sortBy=userName&filter=active+eq+true&cursor="
	cursor := c.get(search).status(200).text("nextCursor")
	assert.Len(t, c.get(search+cursor).resources(4), 2)
	assert.Len(t, c.get(search+cursor+"&attributes=userName").resources(4), 2)
	assert.Len(t, c.get(strings.Replace(search, "active+eq+true", "ACTIVE+Eq+True", 1)+cursor).resources(4), 2)
	for _, other := range []string{
		"/Users?count=2&sortBy=userName&cursor=" + cursor,
		"/Users?count=2&filter=active+eq+true&cursor=" + cursor,
		"/Users?count=2&filter=active+eq+false&sortBy=userName&cursor=" + cursor,
		"/Users?count=2&filter=active+eq+true&sortBy=id&cursor=" + cursor,
		"/Users?count=2&filter=active+eq+true&sortBy=userName&sortOrder=descending&cursor=" + cursor,
		"/?count=2&filter=active+eq+true&sortBy=userName&cursor=" + cursor,
		search + cursor[:len(cursor)-1], search + "x", search + "%00", search + strings.Repeat("A", 60),
	} {
		c.get(other).fails(400, "invalidCursor")
	}
	c.globex().get(search+cursor).fails(400, "invalidCursor")
	c.get(strings.Replace(search, "count=2", "count=3", 1)+cursor).fails(400, "invalidCount")
	assert.Len(t, c.get(strings.Replace(search, "count=2&", "", 1)+cursor).resources(4), 2)
	c.get(search+cursor+"&startIndex=1").fails(400, "invalidValue")
}

func TestCursor_Expires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := serve(t)
		c.addUser("ada")
		c.addUser("bob")
		cursor := c.get("/Users?count=1&cursor").status(200).text("nextCursor")
		time.Sleep(24 * time.Hour)
		assert.Len(t, c.get("/Users?count=1&cursor="+cursor).resources(2), 1)
		time.Sleep(2 * time.Second)
		c.get("/Users?count=1&cursor="+cursor).fails(400, "expiredCursor")
	})
}

func TestCursor_EndsWithTheTokens(t *testing.T) {
	t.Parallel()
	dir := open(t)
	c := serveOn(t, dir)
	c.addUser("ada")
	c.addUser("bob")
	next := "/Users?count=1&cursor=" + c.get("/Users?count=1&cursor").status(200).text("nextCursor")
	assert.Len(t, serveOn(t, dir).get(next).resources(2), 1, "a restart does not end it")
	fewer := serveOn(t, dir, func(cfg *scim.Config) { cfg.Orgs[0].Tokens = cfg.Orgs[0].Tokens[:1] })
	fewer.get(next).fails(400, "invalidCursor")
}

func TestSort_OrdersLists(t *testing.T) {
	t.Parallel()
	c := serve(t)
	user := func(name, more string) string {
		return c.post("/Users", `{"userName":"`+name+`"`+more+`}`).status(201).text("id")
	}
	a := user("b@example.com", `,"name":{"familyName":"Zeta"},"emails":[{"value":"x@example.com"},{"value":"a@example.com","primary":true}]`)
	b := user("A@example.com", `,"name":{"familyName":"ärger"},"externalId":"b"`)
	d := user("c@example.com", `,"name":{"familyName":"alpha"},"emails":[{"value":"B@example.com"}],"externalId":"B"`)
	for by, want := range map[string][]string{
		"userName":        {b, a, d},
		"USERNAME":        {b, a, d},
		"name.familyName": {d, a, b},
		"emails":          {a, d, b},
		"emails.value":    {a, d, b},
		"externalId":      {d, b, a},
		"meta.created":    {a, b, d},
		"title":           {a, b, d},
		"urn:ietf:params:scim:schemas:core:2.0:User:userName": {b, a, d},
		"sync.state": {a, b, d},
	} {
		assert.Equal(t, want, ids(c.get("/Users?sortBy="+by).resources(3)), by)
		assert.Equal(t, want, ids(c.get("/Users?sortOrder=ascending&sortBy="+by).resources(3)), by)
		down := slices.Clone(want)
		slices.Reverse(down)
		assert.Equal(t, down, ids(c.get("/Users?sortOrder=descending&sortBy="+by).resources(3)), by)
		assert.Equal(t, down, ids(c.post("/Users/.search", `{"sortBy":"`+by+`","sortOrder":"descending"}`).resources(3)), by)
		for start := 1; start <= 3; start++ {
			page := c.get(fmt.Sprintf("/Users?sortBy=%s&startIndex=%d&count=1", by, start))
			assert.Equal(t, want[start-1:start], ids(page.resources(3)), by)
		}
	}
	team := c.addGroup("a team")
	assert.Equal(t, []string{b, a, d, team}, ids(c.get("/?sortBy=userName").resources(4)))
}

func TestSort_RefusesWhatHasNoOrder(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for _, by := range []string{
		"shoeSize", "name", "meta", "password", "groups", "groups.value", "schemas", "meta.location",
		"emails%5Btype+eq+%22work%22%5D", "members", "1x", "a.b.c",
	} {
		c.get("/Users?sortBy="+by).fails(400, "invalidValue")
	}
	c.get("/Groups?sortBy=members").fails(400, "invalidValue")
	c.get("/Users?sortBy=userName&sortOrder=upwards").fails(400, "invalidValue")
	c.get("/Users?sortBy=").resources(0)
}

func TestRoot_ListsAllTypes(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	team := c.addGroup("team", ada)
	assert.Equal(t, []string{ada, team}, ids(c.get("/").resources(2)))
	assert.Equal(t, []string{ada}, ids(c.get("/?filter=meta.resourceType+eq+User").resources(1)))
	assert.Equal(t, []string{team}, ids(c.get("/?filter=displayName+pr&attributes=displayName").resources(1)))
	assert.Equal(t, []string{team}, ids(c.get("/?startIndex=2").resources(2)))
	c.get("/?filter=shoeSize+pr").fails(400, "invalidFilter")
	c.post("/", "{}").fails(405, "")
	c.with("Authorization", "").get("/").fails(401, "")
}

func TestPage_ByIndexTakesEveryNumber(t *testing.T) {
	t.Parallel()
	c := serve(t)
	var all []string
	for i := range 3 {
		all = append(all, c.addUser(fmt.Sprint("user", i)))
	}
	for parameters, tt := range map[string]struct {
		want  []string
		start int
	}{
		"startIndex=0":                    {all, 1},
		"startIndex=-5&count=2":           {all[:2], 1},
		"startIndex=2":                    {all[1:], 2},
		"startIndex=3&count=1":            {all[2:], 3},
		"startIndex=4":                    {nil, 4},
		"startIndex=99&count=5":           {nil, 99},
		"startIndex=99999999999999999999": {nil, 1<<31 - 1},
		"count=0":                         {nil, 1},
		"count=-1":                        {nil, 1},
		"count=99999999999999999999":      {all, 1},
		"startIndex=2&count=1":            {all[1:2], 2},
		"startIndex=&count=":              {all, 1},
		"startIndex=+2+":                  {all[1:], 2},
		"startIndex=3&filter=userName+pr": {all[2:], 3},
		"startIndex=9&filter=userName+pr": {nil, 9},
		"count=0&filter=userName+pr":      {nil, 1},
		"count=2&filter=userName+pr":      {all[:2], 1},
		"count=3&filter=userName+pr":      {all, 1},
	} {
		r := c.get("/Users?" + parameters)
		assert.Equal(t, append([]string{}, tt.want...), ids(r.resources(3)), parameters)
		assert.EqualValues(t, tt.start, r.json()["startIndex"], parameters)
	}
	for _, parameters := range []string{"count=two", "startIndex=1.5", "count=0x10"} {
		c.get("/Users?"+parameters).fails(400, "invalidValue")
	}
}
