package emulator

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A sequence is compared with a map of what is in it, after each of many
// changes that come in runs, so that gaps open, are filled and are closed.
func TestSequence_KeepsOrder(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 1))
	var s sequence[uint64]
	in := map[uint64]*uint64{}
	closed := false
	for round := range 3000 {
		number := uint64(chance.IntN(400))
		_, is := in[number]
		slots := len(s.slots)
		switch shrinks := round/500%2 == 1; {
		case is && (shrinks || chance.IntN(3) == 0):
			s.drop(number)
			delete(in, number)
		case !is && !shrinks:
			in[number] = &number
			s.put(number, &number)
		}
		closed = closed || len(s.slots) < slots
		want := make([]uint64, 0, len(in))
		for n := range in {
			want = append(want, n)
		}
		slices.Sort(want)
		require.Equal(t, want, values(s.list()))
		require.Equal(t, want, values(slices.Collect(s.all())))
		require.Equal(t, len(want), s.len())
		require.Equal(t, in[number], s.get(number))
		from := chance.IntN(len(want) + 1)
		to := from + chance.IntN(len(want)-from+1)
		require.Equal(t, want[from:to], values(s.window(from, to)))
	}
	require.True(t, closed)
}

func values(pointers []*uint64) []uint64 {
	found := make([]uint64, 0, len(pointers))
	for _, p := range pointers {
		found = append(found, *p)
	}
	return found
}

// However a list is cut into pages, it is the same list in the same order.
func TestShuffled_PagesAreOneList(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 100, 9000} {
		list := make(plain[uint64], 0, n)
		for i := range uint64(n) {
			list = append(list, &i)
		}
		chance := func(i *uint64) uint64 { return scatter(*i + 77) }
		whole := values(shuffled(list, 0, n, chance))
		require.Len(t, whole, n)
		sorted := slices.Clone(whole)
		slices.Sort(sorted)
		require.Equal(t, values(list), sorted)
		require.Equal(t, n < 2, slices.IsSorted(whole), n)
		for _, size := range []int{1, 7, 2000} {
			if n/size > 1000 {
				continue
			}
			paged := []uint64{}
			for from := 0; from < n; from += size {
				paged = append(paged, values(shuffled(list, from, min(n, from+size), chance))...)
			}
			require.Equal(t, whole, paged, size)
		}
	}
}
