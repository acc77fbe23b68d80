package emulator

import (
	"cmp"
	"iter"
	"math/rand/v2"
	"slices"
)

// roll is what pages are cut from.
type roll[T any] interface {
	len() int
	window(from, to int) []*T
	all() iter.Seq[*T]
}

// plain is a roll made for one request.
type plain[T any] []*T

func (l plain[T]) len() int                 { return len(l) }
func (l plain[T]) window(from, to int) []*T { return l[from:to] }
func (l plain[T]) all() iter.Seq[*T]        { return slices.Values(l) }

// arrangement puts lists in another order than that of creation: that of the
// chance of their entries, which follows from the number of each and from the
// seed of the list. Entries that come or go leave the others where they are.
type arrangement struct {
	chance *rand.Rand
	seeds  map[string]uint64 // by list
}

// seed is for one page of a list.
func (a *arrangement) seed(order ListOrder, list string, number int) uint64 {
	seed, ok := a.seeds[list]
	if !ok || number == 0 || order == OrderPerPage {
		seed = a.chance.Uint64()
		a.seeds[list] = seed
	}
	return seed
}

// pageOf returns the entries of page p of a list, in the order that the
// switches ask for.
func pageOf[T any](e *Emulator, list string, p page, r roll[T], number func(*T) uint64) []*T {
	order := e.cfg.Switches.ListOrder
	if order == OrderCreation {
		return r.window(p.from, p.to)
	}
	seed := e.arrange.seed(order, list, p.number)
	return shuffled(r, p.from, p.to, func(entry *T) uint64 { return scatter(seed + number(entry)) })
}

// shuffled returns the entries from one position up to another of r in order of
// their chances. It deals them into bins by the first bits of their chance, and
// sorts only the bins that it needs, so that a page of a long list is cheap.
func shuffled[T any](r roll[T], from, to int, chance func(*T) uint64) []*T {
	if from == to {
		return nil
	}
	const bits = 12
	bin := func(entry *T) uint64 { return chance(entry) >> (64 - bits) }
	var sizes [1 << bits]int
	for entry := range r.all() {
		sizes[bin(entry)]++
	}
	first, before := uint64(0), 0
	for before+sizes[first] <= from {
		before += sizes[first]
		first++
	}
	last, end := first, before+sizes[first]
	for end < to {
		last++
		end += sizes[last]
	}
	found := make([]*T, 0, end-before)
	for entry := range r.all() {
		if b := bin(entry); first <= b && b <= last {
			found = append(found, entry)
		}
	}
	slices.SortFunc(found, func(a, b *T) int { return cmp.Compare(chance(a), chance(b)) })
	return found[from-before : to-before]
}

// scatter maps neighbouring numbers far apart, and no two to the same: it is
// the finishing step of the generator SplitMix64.
func scatter(n uint64) uint64 {
	n *= 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func seqOf(a *account) uint64 { return a.seq }

func idOf(g *group) uint64 { return uint64(g.id) }
