package scim_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ids are those of resources, in order.
func ids(resources []map[string]any) []string {
	out := []string{}
	for _, r := range resources {
		out = append(out, r["id"].(string))
	}
	return out
}

func TestSearchAll_ListsUsersAndThenGroups(t *testing.T) {
	t.Parallel()
	c := serve(t)
	assert.Empty(t, c.post("/.search", `{}`).resources(0))
	ada, bob := c.addUser("ada"), c.addUser("bob")
	team, crew := c.addGroup("team", ada), c.addGroup("crew")
	all := append(ids(c.get("/Users").resources(2)), ids(c.get("/Groups").resources(2))...)
	require.ElementsMatch(t, []string{ada, bob, team, crew}, all)

	list := c.post("/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`).resources(4)

	require.Equal(t, all, ids(list))
	for _, r := range list {
		assert.Equal(t, c.get("/"+r["meta"].(map[string]any)["resourceType"].(string)+"s/"+r["id"].(string)).status(200).json(), r)
	}
	for start := 1; start <= 6; start++ {
		for count := 0; count <= 5; count++ {
			r := c.post("/.search", fmt.Sprintf(`{"startIndex":%d,"count":%d}`, start, count))
			from := min(start-1, len(all))
			assert.Equal(t, all[from:min(from+count, len(all))], ids(r.resources(4)), "from %d, %d", start, count)
			assert.EqualValues(t, start, r.json()["startIndex"])
		}
	}
	assert.Empty(t, c.globex().post("/.search", `{}`).resources(0))
}

func TestSearchAll_FiltersAndProjectsEachType(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	team := c.addGroup("team", ada)

	for filter, want := range map[string][]string{
		`userName eq \"ADA@example.com\"`:                            {ada},
		`displayName eq \"team\"`:                                    {team},
		`userName sw \"a\" or displayName eq \"team\"`:               {ada, team},
		`not (userName pr)`:                                          {team},
		`meta.resourceType eq \"Group\"`:                             {team},
		`schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"`:  {ada},
		`schemas eq \"urn:ietf:params:scim:schemas:core:2.0:Group\"`: {team},
		`members.value eq \"` + ada + `\"`:                           {team},
		`groups.value eq \"` + team + `\"`:                           {ada},
		`id eq \"nobody\"`:                                           {},
	} {
		r := c.post("/.search", `{"filter":"`+filter+`"}`)
		assert.Equal(t, want, ids(r.resources(len(want))), filter)
	}

	list := c.post("/.search", `{"attributes":["userName","members"]}`).resources(2)
	assert.NotContains(t, list[0], "name")
	assert.Equal(t, "ada@example.com", list[0]["userName"])
	assert.NotContains(t, list[1], "displayName")
	assert.Len(t, list[1]["members"], 1)
	list = c.post("/.search", `{"excludedAttributes":["groups","members"]}`).resources(2)
	assert.NotContains(t, list[0], "groups")
	assert.NotContains(t, list[1], "members")
}

func TestSearchAll_RefusesWhatNoTypeUnderstands(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.post("/.search", `{"filter":"shoeSize eq 1"}`).fails(400, "invalidFilter")
	c.post("/.search", `{"filter":"userName eq"}`).fails(400, "invalidFilter")
	c.post("/.search", `{"attributes":["id"],"excludedAttributes":["meta"]}`).fails(400, "invalidValue")
	c.post("/.search", ``).fails(400, "invalidSyntax")
	c.with("Authorization", "").post("/.search", `{}`).fails(401, "")
	for body, detail := range map[string]string{
		`[]`:                      "the body must be a JSON object",
		`null`:                    "the body must be a JSON object",
		`{"attributes":"id"}`:     "the body is not a search request: attributes does not take string",
		`{"count":"5"}`:           "the body is not a search request: count does not take string",
		`{"startIndex":1e999999}`: "the body is not a search request: startIndex does not take number 1e999999",
	} {
		assert.Equal(t, detail, c.post("/.search", body).fails(400, "invalidSyntax"), body)
	}
}

func TestSearch_ReadsParametersHoweverTheyAreSpelt(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	c.addUser("bob")
	for _, query := range []string{
		`filter=userName+eq+%22ada@example.com%22`,
		`Filter=userName+eq+%22ada@example.com%22`,
		`%66ilter=userName+eq+%22ada@example.com%22`,
		`filter=userName+eq+%22ada@example.com%22&filter=userName%20eq%20%22ada@example.com%22`,
		`filter=userName+eq+%22ada@example.com%22&%zz=1`,
	} {
		assert.Equal(t, []string{ada}, ids(c.get("/Users?"+query).resources(1)), query)
	}
	r := c.get("/Users?startindex=2&COUNT=1")
	assert.Len(t, r.resources(2), 1)
	assert.EqualValues(t, 2, r.json()["startIndex"])
	assert.NotContains(t, c.get("/Users?excludedattributes=userName,name").resources(2)[0], "name")
}

func TestSearch_RefusesParametersThatContradict(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for _, query := range []string{"filter=userName+pr&filter=active+eq+true", "count=1&count=2", "startIndex=1&startindex=3"} {
		detail := c.get("/Users?"+query).fails(400, "invalidValue")
		assert.Contains(t, detail, "is given twice")
	}
	assert.Len(t, c.get("/Users?attributes=userName&attributes=name").resources(0), 0)
}

func TestDiscovery_AnswersToNamesUsedByMistake(t *testing.T) {
	t.Parallel()
	c := serve(t)
	assert.Equal(t, c.get("/ServiceProviderConfig").status(200).json(), c.get("/serviceConfiguration").status(200).json())
	assert.Equal(t, c.get("/ResourceTypes").status(200).json(), c.get("/ResourceType").status(200).json())
	c.post("/ResourceType", "{}").fails(405, "")
	c.get("/schemas?Filter=x").fails(404, "")
	c.get("/Schemas?Filter=x").fails(403, "")
}
