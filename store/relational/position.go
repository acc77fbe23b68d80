package relational

import (
	"encoding/json"
	"fmt"
	"strings"
)

// position is a place in a list: the values of the terms by which it is sorted,
// of which the last is the key.
type position []any

func newPosition(terms int) position { return make(position, terms) }

// places are where the terms of a row are scanned to.
func (p position) places() []any {
	out := make([]any, len(p))
	for i := range p {
		out[i] = &p[i]
	}
	return out
}

// text is the position as callers keep it.
func (p position) text() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and integers always encode
	}
	return string(b)
}

// parsePosition is the reverse of text, for a list sorted by so many terms.
func parsePosition(s string, terms int) (position, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var p position
	if err := d.Decode(&p); err != nil || len(p) != terms {
		return nil, fmt.Errorf("read position %q: it is none of this list", s)
	}
	for i, v := range p {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		whole, err := n.Int64()
		if err != nil {
			return nil, fmt.Errorf("read position %q: %w", s, err)
		}
		p[i] = whole
	}
	return p, nil
}

// also is a row of which more is scanned than who scans it knows of.
type also struct {
	Scanner
	dest []any
}

// Scan implements Scanner.
func (a also) Scan(dest ...any) error { return a.Scanner.Scan(append(dest, a.dest...)...) }
