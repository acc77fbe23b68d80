package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// problem is one mistake in a configuration, or one warning about it.
type problem struct {
	line int // 0 if unknown
	path string
	text string
}

func (p problem) String() string {
	text := p.text
	if p.path != "" {
		text = p.path + ": " + text
	}
	if p.line > 0 {
		return fmt.Sprintf("line %d: %s", p.line, text)
	}
	return text
}

// problems is all that is wrong with a configuration. As an error it is the
// whole list, ordered by line.
type problems struct {
	file string
	list []problem
}

func (p problems) Error() string {
	list := sorted(p.list)
	var b strings.Builder
	noun := "mistakes"
	if len(list) == 1 {
		noun = "mistake"
	}
	fmt.Fprintf(&b, "configuration %s: %d %s", p.file, len(list), noun)
	for _, q := range list {
		b.WriteString("\n  " + q.String())
	}
	return b.String()
}

// sorted returns list by line, then path.
func sorted(list []problem) []problem {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.path, b.path))
	})
	return list
}

// nearest returns the known key that key was probably meant to be, or "" if
// none looks alike: at most a third of the letters may differ, two in any case.
func nearest(key string, known []string) string {
	best, distance := "", max(2, len(key)/3)+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(key), k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance returns how many letters must be added, removed or replaced to
// make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
