package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func numbered(n int) who {
	email := fmt.Sprintf("u%04d@example.com", n)
	return who{login: email, email: email, first: "Ada", last: "Byron"}
}

// crowd makes users who are there.
func crowd(n int) *ledger {
	l := newLedger()
	for i := range n {
		l.mirrored(fmt.Sprintf("u%04d", i), numbered(i))
	}
	return l
}

// commands counts how many it takes until nothing is due, and in how many calls.
func (l *ledger) commands(t *testing.T) (commands, calls int) {
	t.Helper()
	for range 1000 {
		p := l.build(plan.Limits{}, 2000)
		l.settle(p.Decided)
		if len(p.Commands) == 0 {
			break
		}
		l.link(p.Links)
		l.settle(plan.Settle(plan.Call{ID: "c", Commands: p.Commands},
			umapi.Reply{Result: umapi.ResultSuccess, Completed: len(p.Commands)}, l.now))
		commands, calls = commands+len(p.Commands), calls+1
	}
	require.Zero(t, l.pending())
	return commands, calls
}

func TestBuild_AThousandUsersIntoOneGroupAreTenCommands(t *testing.T) {
	t.Parallel()
	l := crowd(1000)
	l.mirroredGroup("g", "Team")
	for i := range 1000 {
		l.join("g", fmt.Sprintf("u%04d", i))
	}
	commands, calls := l.commands(t)
	require.Equal(t, 10, commands)
	require.Equal(t, 1, calls)
}

func TestBuild_JoinersCarryTheirGroups(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for g := range 20 {
		l.mirroredGroup(fmt.Sprintf("g%02d", g), fmt.Sprintf("Group %02d", g))
	}
	for i := range 50 {
		id := fmt.Sprintf("u%04d", i)
		l.putUser(id, numbered(i))
		for g := range 20 {
			l.join(fmt.Sprintf("g%02d", g), id)
		}
	}
	commands, calls := l.commands(t)
	require.Equal(t, 50, commands)
	require.Equal(t, 5, calls)
}

// Each of 500 users leaves one of 40 groups for the next. By groups that is at
// least one command for each of them; by users it would be 500.
func TestBuild_AMoveBetweenGroupsTravelsWithTheGroups(t *testing.T) {
	t.Parallel()
	l := crowd(500)
	for g := range 40 {
		l.mirroredGroup(fmt.Sprintf("g%02d", g), fmt.Sprintf("Group %02d", g))
	}
	for i := range 500 {
		id := fmt.Sprintf("u%04d", i)
		from, to := fmt.Sprintf("g%02d", i%40), fmt.Sprintf("g%02d", (i+1)%40)
		l.mirroredMember(from, id)
		l.leave(from, id)
		l.join(to, id)
	}
	commands, calls := l.commands(t)
	t.Logf("%d commands in %d calls", commands, calls)
	require.LessOrEqual(t, commands, 80)
	require.LessOrEqual(t, calls, 8)
}

func BenchmarkBuild_TwoThousandMemberships(b *testing.B) {
	l := crowd(2000)
	for g := range 40 {
		l.mirroredGroup(fmt.Sprintf("g%02d", g), fmt.Sprintf("Group %02d", g))
	}
	for i := range 2000 {
		l.join(fmt.Sprintf("g%02d", i%40), fmt.Sprintf("u%04d", i))
	}
	in := l.input(plan.Limits{}, 2000)
	for b.Loop() {
		if len(plan.Build(in).Commands) != 10 {
			b.Fatal("want a full call")
		}
	}
}
