package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

var lookPromises = []promise{
	{"Look/ListsWhatIsToBeLookedAtByTime", lookList},
	{"Look/KeepsATwin", lookTwin},
}

func lookList(f *fixture) {
	accounts := map[string]plan.Account{}
	for id, n := range map[string]int{"ada": 3, "bob": 1, "eve": 2, "zoe": 9} {
		a := account(id)
		a.LookAt, a.Looks = at(n), n
		accounts[id] = a
	}
	never, doubtful := account("max"), account("kim")
	doubtful.Presence, doubtful.LookAt = plan.Doubtful, at(1)
	f.settle(1, plan.Settlement{Accounts: []plan.Account{accounts["ada"], accounts["bob"], accounts["eve"], accounts["zoe"], never, doubtful}})
	got, err := f.ToLookAt(f.ctx(), acme, 3)
	require.NoError(f, err)
	require.Equal(f, []plan.Account{accounts["bob"], accounts["eve"], accounts["ada"]}, got)
	f.settle(2, plan.Settlement{Accounts: []plan.Account{account("bob")}})
	got, err = f.ToLookAt(f.ctx(), acme, 1)
	require.NoError(f, err)
	require.Equal(f, []plan.Account{accounts["eve"]}, got)
	got, err = f.ToLookAt(f.ctx(), globex, 9)
	require.NoError(f, err)
	require.Empty(f, got)
}

func lookTwin(f *fixture) {
	twin := account("ada")
	twin.Twin = true
	f.settle(1, plan.Settlement{Accounts: []plan.Account{twin}})
	require.Equal(f, map[string]plan.Account{"ada": twin}, facts(f, plan.Query{Accounts: []string{"ada"}}).Accounts)
}
