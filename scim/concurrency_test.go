package scim_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// together runs f n times at once and returns the status of each.
func together(n int, f func(i int) *reply) []int {
	statuses := make([]int, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			statuses[i] = f(i).Code
		})
	}
	close(start)
	wg.Wait()
	return statuses
}

func TestConcurrentCreates_OfOneUserMakeOne(t *testing.T) {
	t.Parallel()
	c := serve(t)

	statuses := together(16, func(int) *reply { return c.do(http.MethodPost, "/Users", userBody("ada")) })

	count := map[int]int{}
	for _, s := range statuses {
		count[s]++
	}
	assert.Equal(t, map[int]int{201: 1, 409: 15}, count)
	c.get("/Users").resources(1)
}

func TestConcurrentPatches_LoseNoMember(t *testing.T) {
	t.Parallel()
	c := serve(t)
	gone := c.addUser("gone")
	id := c.addGroup("Sales", gone)
	users := make([]string, 16)
	for i := range users {
		users[i] = c.addUser(fmt.Sprintf("user%d", i))
	}

	statuses := together(len(users)+1, func(i int) *reply {
		if i == len(users) {
			return c.do(http.MethodPatch, "/Groups/"+id, ops(`{"op":"remove","path":"members[value eq \"`+gone+`\"]"}`))
		}
		return c.do(http.MethodPatch, "/Groups/"+id, ops(`{"op":"add","path":"members","value":[{"value":"`+users[i]+`"}]}`))
	})

	for _, s := range statuses {
		assert.Equal(t, 200, s)
	}
	assert.ElementsMatch(t, users, c.members(id))
}

func TestConcurrentPatches_OfOneUserAllCount(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	attributes := []string{"title", "nickName", "userType", "locale", "timezone", "displayName", "preferredLanguage", "externalId"}

	statuses := together(len(attributes), func(i int) *reply {
		return c.do(http.MethodPatch, "/Users/"+id, ops(fmt.Sprintf(`{"op":"add","path":%q,"value":"v%d"}`, attributes[i], i)))
	})

	for _, s := range statuses {
		assert.Equal(t, 200, s)
	}
	v := c.get("/Users/" + id).status(200).json()
	for i, a := range attributes {
		assert.Equal(t, fmt.Sprintf("v%d", i), v[a], a)
	}
}

func TestConcurrentRenameAndMembers_BothCount(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addGroup("Sales")
	users := make([]string, 8)
	for i := range users {
		users[i] = c.addUser(fmt.Sprintf("user%d", i))
	}

	statuses := together(len(users)*2, func(i int) *reply {
		if i%2 == 0 {
			return c.do(http.MethodPatch, "/Groups/"+id, ops(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Sales %d"}`, i)))
		}
		return c.do(http.MethodPatch, "/Groups/"+id, ops(`{"op":"add","path":"members","value":[{"value":"`+users[i/2]+`"}]}`))
	})

	for _, s := range statuses {
		assert.Equal(t, 200, s)
	}
	assert.ElementsMatch(t, users, c.members(id))
}
