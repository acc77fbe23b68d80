package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

var upkeepPromises = []promise{
	{"Trim/RemovesOldLinesTheOldestFirst", trimOld},
	{"Trim/PassesOverLinesOutOfOrder", trimOutOfOrder},
	{"Trim/PassesOverGapsInTheNumbers", trimGap},
	{"Trim/RemovesLinesBeyondTheirNumber", trimMany},
	{"Trim/RemovesSettledCallsOnly", trimCalls},
	{"Trim/GoesOnWhereItStopped", trimInSteps},
	{"Trim/CancelledRemovesNothing", trimCancelled},
	{"Erase/LeavesNoTrace", erase},
	{"Erase/RefusesWhoIsStillThere", eraseThere},
	{"Erase/FindsAddressesInOtherLines", eraseAddresses},
	{"Erase/KeepsAccountsThatAreNotTheirsAlone", eraseShared},
}

// keepAll leaves everything.
var keepAll = store.Keep{MaxLines: 1_000_000}

func (f *fixture) trim(k store.Keep, limit int) int {
	f.Helper()
	n, err := f.Trim(f.ctx(), k, limit)
	require.NoError(f, err)
	return n
}

// events reads the texts of the journal's lines about an id, the newest first.
func (f *fixture) texts(org, id string) []string {
	f.Helper()
	lines, err := f.Journal(f.ctx(), org, id, 1000)
	require.NoError(f, err)
	out := []string{}
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

// note writes lines of the seconds from a to b, without b.
func (f *fixture) note(org string, a, b int) {
	f.Helper()
	for n := a; n < b; n++ {
		require.NoError(f, f.Settle(f.ctx(), f.held(org), plan.Settlement{Notes: []plan.Note{{User: "ada", Event: "sent", Text: fmt.Sprint(n)}}}, at(n)))
	}
}

func trimOld(f *fixture) {
	f.note(acme, 0, 6)
	f.note(globex, 0, 3)
	k := keepAll
	require.Zero(f, f.trim(k, 100))
	k.Lines = at(4)
	require.Equal(f, 7, f.trim(k, 100), "of all orgs")
	require.Zero(f, f.trim(k, 100))
	require.Equal(f, []string{"5", "4"}, f.texts(acme, ""), "what is as old as that is kept")
	require.Equal(f, []string{"5", "4"}, f.texts(acme, "ada"))
	require.Empty(f, f.texts(globex, ""))
	f.note(globex, 9, 10)
	require.Equal(f, []string{"9"}, f.texts(globex, ""), "and it goes on")
}

func trimOutOfOrder(f *fixture) {
	f.note(acme, 90, 95) // while a clock was wrong
	f.note(acme, 0, 6)
	f.note(acme, 91, 92)
	f.note(acme, 3, 8)
	k := keepAll
	k.Lines = at(5)
	for _, n := range []int{2, 2, 2, 1, 0} {
		require.Equal(f, n, f.trim(k, 2))
	}
	require.Equal(f, []string{"7", "6", "5", "91", "5", "94", "93", "92", "91", "90"}, f.texts(acme, ""))
	k.Lines = at(99)
	require.Equal(f, 10, f.trim(k, 100))
}

func trimGap(f *fixture) {
	f.note(acme, 90, 91) // while a clock was wrong
	old := plan.Settlement{Notes: make([]plan.Note, 10_050)}
	for i := range old.Notes {
		old.Notes[i] = plan.Note{User: "ada", Event: "sent", Text: "old"}
	}
	require.NoError(f, f.Settle(f.ctx(), f.held(acme), old, at(0)))
	f.note(acme, 50, 51)
	k := keepAll
	k.Lines = at(10)
	for _, n := range []int{6000, 4050, 0} {
		require.Equal(f, n, f.trim(k, 6000))
	}
	f.note(acme, 1, 3)
	require.Equal(f, 2, f.trim(k, 6000), "though 10,051 numbers are missing")
	require.Equal(f, []string{"50", "90"}, f.texts(acme, ""))
}

func trimMany(f *fixture) {
	f.note(acme, 0, 5)
	f.note(globex, 5, 7)
	k := keepAll
	k.MaxLines = 3
	require.Equal(f, 4, f.trim(k, 100))
	require.Zero(f, f.trim(k, 100))
	require.Equal(f, []string{"4"}, f.texts(acme, ""))
	require.Equal(f, []string{"6", "5"}, f.texts(globex, ""))
}

func trimCalls(f *fixture) {
	for n, id := range []string{"open", "old", "not sent", "young"} {
		call := plan.Call{ID: id, Commands: []plan.Command{{Steps: []plan.Step{{Removes: plan.Removals{Departures: 1}}}}}}
		require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), call, nil, at(n)))
	}
	f.settle(10, plan.Settlement{Call: "old", Outcome: "success"})
	f.settle(10, plan.Settlement{Call: "not sent", Outcome: "not sent"})
	f.settle(20, plan.Settlement{Call: "young", Outcome: "success"})
	k := keepAll
	k.Calls = at(20)
	require.Equal(f, 2, f.trim(k, 100))
	require.Zero(f, f.trim(k, 100))
	open, err := f.OpenCalls(f.ctx(), acme)
	require.NoError(f, err)
	require.Len(f, open, 1)
	sent, err := f.SentSince(f.ctx(), acme, time.Time{})
	require.NoError(f, err)
	require.Equal(f, []time.Time{at(0), at(3)}, sent)
	removed, err := f.RemovedSince(f.ctx(), acme, time.Time{})
	require.NoError(f, err)
	require.Equal(f, plan.Removals{Departures: 2}, removed)
	f.settle(30, plan.Settlement{Call: "open", Outcome: plan.OutcomeLost})
	k.Calls = at(40)
	require.Equal(f, 2, f.trim(k, 100))
}

func trimInSteps(f *fixture) {
	f.note(acme, 0, 25)
	k := keepAll
	k.Lines = at(20)
	steps := 0
	for left := 25; ; steps++ {
		n := f.trim(k, 3)
		require.LessOrEqual(f, n, 3)
		if n == 0 {
			break
		}
		left -= n
		require.Len(f, f.texts(acme, ""), left)
		require.Equal(f, "24", f.texts(acme, "ada")[0])
	}
	require.Equal(f, 7, steps)
	require.Len(f, f.texts(acme, ""), 5)
}

func trimCancelled(f *fixture) {
	f.note(acme, 0, 3)
	ctx, cancel := context.WithCancel(f.ctx())
	cancel()
	_, err := f.Trim(ctx, store.Keep{Lines: at(50)}, 10)
	require.ErrorIs(f, err, context.Canceled)
	require.Len(f, f.texts(acme, ""), 3)
}

// gone has users of acme come, be in Adobe and in eng, and leave.
func (f *fixture) gone(ids ...string) {
	f.Helper()
	f.user(ids...)
	f.change(1, "eng", adding(ids...))
	s := plan.Settlement{Notes: []plan.Note{{User: ids[0], Group: "eng", Event: "done", Text: "added"}}}
	for _, id := range ids {
		account := adaAccount
		account.ID = id
		s.Accounts = append(s.Accounts, account)
		s.Links = append(s.Links, plan.Link{Kind: plan.KindUser, Directory: id, Mirror: id})
	}
	f.settle(2, s)
	f.quiet()
	for i, id := range ids {
		require.NoError(f, f.DeleteUser(f.ctx(), acme, id, 0, origin(3)))
		s.Accounts[i].Presence = plan.Absent
	}
	f.settle(4, plan.Settlement{Accounts: s.Accounts})
	f.quiet()
}

func (f *fixture) erase(org string, who store.Traces) store.Erased {
	f.Helper()
	e, err := f.Erase(f.ctx(), org, who, directory.Origin{Actor: "operator", At: at(50)})
	require.NoError(f, err)
	return e
}

func erase(f *fixture) {
	f.group("eng")
	f.gone("ada", "bob")
	facts := func(id string) plan.Facts {
		all, err := f.Facts(f.ctx(), acme, plan.Query{Users: []string{id}, Accounts: []string{id}})
		require.NoError(f, err)
		return all
	}
	bob, bobs := facts("bob"), f.texts(acme, "bob")
	require.NotEmpty(f, f.texts(acme, "ada"))
	require.NotEmpty(f, facts("ada").Accounts)

	require.Zero(f, f.erase(globex, store.Traces{Users: []string{"ada"}, Accounts: []string{"ada"}}), "of another org")
	require.NotEmpty(f, f.texts(acme, "ada"))
	e := f.erase(acme, store.Traces{Users: []string{"ada"}, Accounts: []string{"ada"}})
	require.Positive(f, e.Lines)
	require.Equal(f, store.Erased{Lines: e.Lines, Accounts: 1}, e)
	require.Empty(f, f.texts(acme, "ada"))
	require.Empty(f, facts("ada").Accounts)
	require.Empty(f, facts("ada").Links)
	for _, text := range append(f.texts(acme, "eng"), f.texts(acme, "")...) {
		require.NotContains(f, text, "ada")
	}
	line, err := f.Journal(f.ctx(), acme, "", 1)
	require.NoError(f, err)
	require.Equal(f, []store.Entry{{At: at(50), Actor: "operator", Event: "erased", Text: e.String()}}, line, "and nothing that names anybody")

	require.Equal(f, bob, facts("bob"))
	require.Equal(f, bobs, f.texts(acme, "bob"))
	require.Equal(f, store.Erased{}, f.erase(acme, store.Traces{Users: []string{"ada"}, Accounts: []string{"ada"}}), "again")

	// Who is back is somebody new.
	f.user("ada")
	require.Equal(f, []string{"user ada"}, names(f.due()))
}

func eraseAddresses(f *fixture) {
	keep := []string{"nada@example.com left", "ada@example.com.au left", "x.ada@example.com left", "ada@example.com-x", "ada", "other@example.com"}
	lose := []string{"created user Ada@Example.com", "<ada@example.com>", "it is ada@example.com.", "nada@example.com and ada@example.com", "to éva@example.com"}
	for _, text := range append(slices.Clone(keep), lose...) {
		for _, org := range []string{acme, globex} {
			require.NoError(f, f.Settle(f.ctx(), f.held(org), plan.Settlement{Notes: []plan.Note{{User: "bob", Event: "read", Text: text}}}, at(1)))
		}
	}
	e := f.erase(acme, store.Traces{Users: []string{"ada"}, Addresses: []string{directory.Fold("ADA@example.com"), directory.Fold("ÉVA@example.com")}})
	require.Equal(f, len(lose), e.Lines)
	require.ElementsMatch(f, keep, f.texts(acme, "bob"))
	require.Len(f, f.texts(globex, ""), len(keep)+len(lose))
}

func eraseThere(f *fixture) {
	f.group("eng")
	refused := func(what string) {
		f.Helper()
		before := f.texts(acme, "")
		_, err := f.Erase(f.ctx(), acme, store.Traces{Users: []string{"bob", "ada"}, Accounts: []string{"ada"}}, origin(9))
		var there *store.StillThereError
		require.ErrorAs(f, err, &there)
		require.Contains(f, there.What, what)
		require.Equal(f, before, f.texts(acme, ""))
	}
	f.gone("bob")
	f.user("ada")
	refused("user ada is in the directory")
	f.quiet()
	refused("user ada is in the directory")
	f.change(1, "eng", adding("ada"))
	f.verdict(2, plan.Done, f.find("eng ada"))
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(3)))
	f.verdict(4, plan.Done, f.find("user ada"))
	refused("something of user ada is due")
	f.verdict(4, plan.Failed, f.find("eng ada"))
	refused("something of user ada is due")
	f.settle(5, plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindEdge, Group: "eng", User: "ada", Class: plan.ClassLeave}}})
	f.quiet()

	for _, p := range []plan.Presence{plan.Unknown, plan.Doubtful} {
		account := adaAccount
		account.Presence = p
		f.settle(6, plan.Settlement{Accounts: []plan.Account{account}})
		refused("account ada is still to be found out")
	}
	account := adaAccount
	account.Presence = plan.Absent
	f.settle(7, plan.Settlement{Accounts: []plan.Account{account},
		Touched: []plan.Touch{{Kind: plan.KindMirrored, User: "ada", Group: "eng", Class: plan.ClassMembership}}})
	refused("account ada is still to be found out")
	f.quiet()
	require.Equal(f, 1, f.erase(acme, store.Traces{Users: []string{"bob", "ada"}, Accounts: []string{"ada"}}).Accounts)
}

func eraseShared(f *fixture) {
	f.group("eng")
	f.gone("ada", "bob", "eve")
	present := adaAccount
	present.ID = "bob"
	f.settle(5, plan.Settlement{
		Accounts: []plan.Account{present},
		Links:    []plan.Link{{Kind: plan.KindUser, Directory: "zoe", Mirror: "ada"}, {Kind: plan.KindUser, Directory: "eve", Mirror: "eve"}},
	})
	e := f.erase(acme, store.Traces{Users: []string{"ada", "bob", "eve"}, Accounts: []string{"ada", "bob", "eve", "never"}})
	require.Equal(f, []string{"ada", "bob"}, e.Kept, "one that somebody else has, and one that is in Adobe")
	require.Equal(f, 1, e.Accounts)
	require.Equal(f, 1, e.Links)
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Accounts: []string{"ada", "bob", "eve"}})
	require.NoError(f, err)
	require.Len(f, facts.Accounts, 2)
}
