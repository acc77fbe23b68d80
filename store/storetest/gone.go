package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

var gonePromises = []promise{
	{"Gone/LinksOfAUserStayWhileAMembershipIsDue", goneUser},
	{"Gone/LinksOfAGroupStayWhileAMembershipIsDue", goneGroup},
	{"Gone/LinksStayWhileTheOwnRowIsDue", goneOwn},
	{"Gone/LinksStayIfDoneIsTouchedAgain", goneTouched},
	{"Gone/LinksOfThoseWhoAreThereStay", goneNot},
}

// linked makes ada a member of eng and ops, all of them done and linked.
func linked(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.group("ops", "ada")
	f.settle(1, plan.Settlement{Links: []plan.Link{adaLink, engLink}})
	f.quiet()
}

func goneUser(f *fixture) {
	linked(f)
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(2)))
	f.verdict(3, plan.Parked, f.find("eng ada"))
	f.verdict(3, plan.Done, f.find("user ada"))
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links())
	f.verdict(4, plan.Failed, f.find("eng ada"))
	f.verdict(4, plan.Done, f.find("ops ada"))
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links(), "one that failed is due")
	_, err := f.Retry(f.ctx(), acme, store.Selection{}, origin(5))
	require.NoError(f, err)
	f.verdict(6, plan.Done, f.find("eng ada"))
	require.Equal(f, []plan.Link{engLink}, f.links(), "with the last")
}

func goneGroup(f *fixture) {
	linked(f)
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 0, origin(2)))
	f.verdict(3, plan.Done, f.find("group eng"), f.find("eng ada"))
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links())
	f.verdict(4, plan.Done, f.find("eng bob"))
	require.Equal(f, []plan.Link{adaLink}, f.links(), "with the last")
}

func goneOwn(f *fixture) {
	linked(f)
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(2)))
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 0, origin(2)))
	f.verdict(3, plan.Done, f.find("eng ada"), f.find("ops ada"), f.find("eng bob"))
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links())
	f.verdict(4, plan.Done, f.find("user ada"), f.find("group eng"))
	require.Empty(f, f.links())
}

func goneTouched(f *fixture) {
	linked(f)
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(2)))
	var all []plan.Verdict
	for _, d := range f.due() {
		all = append(all, plan.Verdict{Due: d, Outcome: plan.Done})
	}
	f.settle(3, plan.Settlement{Verdicts: all, Touched: []plan.Touch{
		{Kind: plan.KindEdge, User: "ada", Group: "ops", Class: plan.ClassMembership},
	}})
	require.Equal(f, []string{"ops ada"}, f.order())
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links())
	f.quiet()
	require.Equal(f, []plan.Link{engLink}, f.links())
}

func goneNot(f *fixture) {
	linked(f)
	f.change(2, "eng", removing("ada"))
	f.change0("ada", "active", false)
	f.quiet()
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links())
	_, err := f.CreateUser(f.ctx(), globex, newUser("ada"), origin(2))
	require.NoError(f, err)
	require.NoError(f, f.DeleteUser(f.ctx(), globex, "ada", 0, origin(3)))
	theirs, err := f.Due(f.ctx(), globex, later, 10)
	require.NoError(f, err)
	require.Len(f, theirs, 1)
	require.NoError(f, f.Settle(f.ctx(), f.held(globex), plan.Settlement{
		Verdicts: []plan.Verdict{{Due: theirs[0], Outcome: plan.Done}},
	}, at(4)))
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links(), "who is gone from another org")
}
