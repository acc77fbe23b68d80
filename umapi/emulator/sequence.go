package emulator

import (
	"cmp"
	"iter"
	"slices"
)

// sequence is a list in ascending order of numbers that its entries have for
// ever. It is cheap to add at the end, to take out and to put back, however
// long it is: what is taken out leaves a gap, and the gaps are closed when they
// are the larger part.
type sequence[T any] struct {
	slots []slot[T]
	gaps  int
}

// slot is the place of one entry; without a value it is a gap.
type slot[T any] struct {
	number uint64
	value  *T
}

// minGaps keeps short lists from closing their gaps all the time.
const minGaps = 32

func (s *sequence[T]) len() int { return len(s.slots) - s.gaps }

func (s *sequence[T]) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(s.slots, number, func(x slot[T], n uint64) int { return cmp.Compare(x.number, n) })
}

// get returns the entry with that number, or nil.
func (s *sequence[T]) get(number uint64) *T {
	if i, ok := s.find(number); ok {
		return s.slots[i].value
	}
	return nil
}

// put adds an entry. There is none with its number.
func (s *sequence[T]) put(number uint64, value *T) {
	if n := len(s.slots); n == 0 || s.slots[n-1].number < number {
		s.slots = append(s.slots, slot[T]{number, value})
		return
	}
	i, gap := s.find(number)
	if gap {
		s.slots[i].value = value
		s.gaps--
		return
	}
	s.slots = slices.Insert(s.slots, i, slot[T]{number, value})
}

// drop takes the entry with that number out. There is one.
func (s *sequence[T]) drop(number uint64) {
	i, _ := s.find(number)
	s.slots[i].value = nil
	s.gaps++
	if s.gaps > minGaps && s.gaps > len(s.slots)/2 {
		s.slots = slices.DeleteFunc(s.slots, func(x slot[T]) bool { return x.value == nil })
		s.gaps = 0
	}
}

// all yields the entries in order. None may be added or taken out meanwhile.
func (s *sequence[T]) all() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, x := range s.slots {
			if x.value != nil && !yield(x.value) {
				return
			}
		}
	}
}

// list returns the entries in order.
func (s *sequence[T]) list() []*T { return s.window(0, s.len()) }

// window returns the entries from one position up to another.
func (s *sequence[T]) window(from, to int) []*T {
	found := make([]*T, 0, to-from)
	start, skip := 0, from
	if s.gaps == 0 {
		start, skip = from, 0
	}
	for _, x := range s.slots[start:] {
		switch {
		case len(found) == to-from:
			return found
		case x.value == nil:
		case skip > 0:
			skip--
		default:
			found = append(found, x.value)
		}
	}
	return found
}
