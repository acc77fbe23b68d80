package morning

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// User is one user in Adobe's terms.
type User struct {
	Username, FirstName, LastName, Country, Type string
}

// State is what an Adobe organisation holds.
type State struct {
	Users  map[string]User     // by e-mail
	Groups map[string][]string // e-mails of the members, by name of the user group
}

// Memberships counts them.
func (s State) Memberships() int {
	n := 0
	for _, members := range s.Groups {
		n += len(members)
	}
	return n
}

// Differences says, a line each and in a fixed order, where held differs from
// said. It returns nil if they are equal.
func Differences(said, held State) []string {
	var lines []string
	for _, email := range sortedKeys(said.Users, held.Users) {
		want, wanted := said.Users[email]
		got, there := held.Users[email]
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("user %s: missing in Adobe", email))
		case !wanted:
			lines = append(lines, fmt.Sprintf("user %s: in Adobe, but should not be", email))
		default:
			lines = append(lines, want.differences(email, got)...)
		}
	}
	for _, name := range sortedKeys(said.Groups, held.Groups) {
		want, wanted := said.Groups[name]
		got, there := held.Groups[name]
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("group %q: missing in Adobe, with its %d members", name, len(want)))
		case !wanted:
			lines = append(lines, fmt.Sprintf("group %q: in Adobe, but should not be", name))
		default:
			lines = append(lines, memberDifferences(name, want, got)...)
		}
	}
	return lines
}

func (want User) differences(email string, got User) []string {
	var lines []string
	for _, f := range []struct{ name, want, got string }{
		{"username", want.Username, got.Username},
		{"firstname", want.FirstName, got.FirstName},
		{"lastname", want.LastName, got.LastName},
		{"country", want.Country, got.Country},
		{"type", want.Type, got.Type},
	} {
		if f.want != f.got {
			lines = append(lines, fmt.Sprintf("user %s: %s is %q in Adobe, should be %q", email, f.name, f.got, f.want))
		}
	}
	return lines
}

func memberDifferences(group string, want, got []string) []string {
	var lines []string
	for _, email := range sorted(want) {
		if !slices.Contains(got, email) {
			lines = append(lines, fmt.Sprintf("group %q: member %s is missing in Adobe", group, email))
		}
	}
	for _, email := range sorted(got) {
		if !slices.Contains(want, email) {
			lines = append(lines, fmt.Sprintf("group %q: member %s is in Adobe, but should not be", group, email))
		}
	}
	return lines
}

// sortedKeys returns the keys of either map, each once.
func sortedKeys[V any](a, b map[string]V) []string {
	return slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for k := range maps.Keys(a) {
			if !yield(k) {
				return
			}
		}
		for k := range maps.Keys(b) {
			if !yield(k) {
				return
			}
		}
	}))
}

func sorted[T cmp.Ordered](s []T) []T { return slices.Sorted(slices.Values(s)) }
