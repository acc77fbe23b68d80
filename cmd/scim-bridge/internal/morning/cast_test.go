package morning

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScripts_FollowFromTheSeed(t *testing.T) {
	t.Parallel()
	okta1, entra1 := newScripts(7, Full)
	okta2, entra2 := newScripts(7, Full)
	require.Equal(t, okta1, okta2)
	require.Equal(t, entra1, entra2)

	other, _ := newScripts(8, Full)
	require.NotEqual(t, okta1.people, other.people)
}

func TestScripts_HoldTheWholeMorning(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		okta, entra := newScripts(seed, Full)
		require.Len(t, append(okta.people, entra.people...), Full.Joiners)
		require.Len(t, append(okta.teams, entra.teams...), Full.Teams)
		require.Len(t, append(okta.moves, entra.moves...), Full.Movers)
		require.Len(t, append(okta.renames, entra.renames...), Full.Renames)
		require.Len(t, append(okta.leavers, entra.leavers...), Full.Leavers)
		require.Len(t, append(okta.teamRenames, entra.teamRenames...), 2)
	}
}

func TestScripts_GiveEveryoneAnAddressOfTheirOwnThatAdobeCanHold(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		okta, entra := newScripts(seed, Full)
		taken := map[string]bool{}
		for _, s := range []*script{okta, entra} {
			for _, p := range s.people {
				require.False(t, taken[p.email], p.email)
				require.Regexp(t, `^[a-z]+\.[a-z]+[0-9]*@example\.com$`, p.email)
				taken[p.email] = true
			}
		}
		for _, r := range entra.renames {
			require.False(t, taken[r.email], r.email)
			taken[r.email] = true
		}
	}
}
