package morning

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func ada() User {
	return User{Username: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Type: "federatedID"}
}

func TestDifferences_NamesEachEntryThatDiffers(t *testing.T) {
	t.Parallel()
	changed := ada()
	changed.LastName = "Lovelace"
	for _, c := range []struct {
		name       string
		said, held State
		want       []string
	}{
		{
			name: "equal, in another order",
			said: State{Users: map[string]User{"ada@example.com": ada()}, Groups: map[string][]string{"Design": {"ada@example.com", "bob@example.com"}}},
			held: State{Users: map[string]User{"ada@example.com": ada()}, Groups: map[string][]string{"Design": {"bob@example.com", "ada@example.com"}}},
		},
		{
			name: "a user is missing, another is too many",
			said: State{Users: map[string]User{"ada@example.com": ada()}},
			held: State{Users: map[string]User{"bob@example.com": ada()}},
			want: []string{"user ada@example.com: missing in Adobe", "user bob@example.com: in Adobe, but should not be"},
		},
		{
			name: "an attribute",
			said: State{Users: map[string]User{"ada@example.com": changed}},
			held: State{Users: map[string]User{"ada@example.com": ada()}},
			want: []string{`user ada@example.com: lastname is "Byron" in Adobe, should be "Lovelace"`},
		},
		{
			name: "groups",
			said: State{Groups: map[string][]string{"Design": {"ada@example.com"}}},
			held: State{Groups: map[string][]string{"design": nil}},
			want: []string{`group "Design": missing in Adobe, with its 1 members`, `group "design": in Adobe, but should not be`},
		},
		{
			name: "members",
			said: State{Groups: map[string][]string{"Design": {"ada@example.com"}}},
			held: State{Groups: map[string][]string{"Design": {"bob@example.com"}}},
			want: []string{`group "Design": member ada@example.com is missing in Adobe`, `group "Design": member bob@example.com is in Adobe, but should not be`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, Differences(c.said, c.held))
		})
	}
}

func TestState_IsWhatWasSaidInAdobesTerms(t *testing.T) {
	t.Parallel()
	stays := &person{email: "ada@example.com", given: "Ada", family: "Byron", country: "GB", active: true}
	plain := &person{email: "bob@example.com", given: "Bob", family: "Kahn", active: true}
	left := &person{email: "eve@example.com", given: "Eve", family: "Zuse"}
	said := &Said{
		people: []*person{stays, plain, left},
		teams:  []*team{{name: "Design", members: map[*person]bool{plain: true, left: true}}, {name: "Empty"}},
	}
	require.Equal(t, State{
		Users: map[string]User{
			"ada@example.com": ada(),
			"bob@example.com": {Username: "bob@example.com", FirstName: "Bob", LastName: "Kahn", Country: "US", Type: "federatedID"},
		},
		Groups: map[string][]string{"Design": {"bob@example.com"}, "Empty": {}},
	}, said.State("federatedID", "US"))
}

func TestTook_IsTheSmallestTimeThatHoldsForTheShare(t *testing.T) {
	t.Parallel()
	var samples []Sample
	for i := range 100 {
		samples = append(samples, Sample{Took: time.Duration(100-i) * time.Millisecond})
	}
	require.Equal(t, 50*time.Millisecond, Took(samples, 0.5))
	require.Equal(t, 99*time.Millisecond, Took(samples, 0.99))
	require.Equal(t, 100*time.Millisecond, Took(samples, 1))
	require.Equal(t, time.Millisecond, Took(samples[99:], 0.99))
	require.Zero(t, Took(nil, 0.5))
}
