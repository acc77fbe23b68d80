package exchange

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Names are the values that a story gave names to, such as the ids that the
// bridge made, by the name in its braces.
type Names map[string]string

var placeholder = regexp.MustCompile(`\{\{([a-z0-9._-]+)\}\}`)

// Fill replaces the names in s.
func (n Names) Fill(s string) (string, error) {
	var err error
	out := placeholder.ReplaceAllStringFunc(s, func(p string) string {
		v, ok := n[p]
		if !ok {
			err = fmt.Errorf("%s has no value: no response named it before", p)
		}
		return v
	})
	return out, err
}

// Hide puts names where values stand.
func (n Names) Hide(s string) string {
	for _, p := range slices.Sorted(maps.Keys(n)) {
		s = strings.ReplaceAll(s, n[p], p)
	}
	return s
}

// match returns an error unless want is part of got.
func (n Names) match(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: want an object, got %v", at, got)
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			w := want[key]
			g, ok := object[key]
			if w == nil && !ok {
				continue
			}
			if !ok {
				return fmt.Errorf("%s.%s is missing", at, key)
			}
			if err := n.match(at+"."+key, w, g); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%s: want a list of %d, got %v", at, len(want), got)
		}
		return n.matchList(at, want, slices.Clone(list))
	case string:
		text, ok := got.(string)
		if !ok {
			return fmt.Errorf("%s: want %q, got %v", at, want, got)
		}
		return n.matchText(at, want, text)
	default:
		if want != got {
			return fmt.Errorf("%s: want %v, got %v", at, want, got)
		}
		return nil
	}
}

// matchList finds each wanted element among those that are left.
func (n Names) matchList(at string, want, left []any) error {
	for i, w := range want {
		var first error
		found := slices.IndexFunc(left, func(g any) bool {
			tried := maps.Clone(n)
			err := tried.match(fmt.Sprintf("%s[%d]", at, i), w, g)
			if err == nil {
				maps.Copy(n, tried)
			} else if first == nil {
				first = err
			}
			return err == nil
		})
		if found < 0 {
			return first
		}
		left = slices.Delete(left, found, found+1)
	}
	return nil
}

func (n Names) matchText(at, want, got string) error {
	if _, known := n[want]; !known && want != "" && placeholder.FindString(want) == want {
		n[want] = got
		return nil
	}
	filled, err := n.Fill(want)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	if filled != got {
		return fmt.Errorf("%s: want %q, got %q", at, filled, got)
	}
	return nil
}
