package bridge

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// names are the values that a story gave names to, such as the ids that the
// bridge made: {{ada}} in an expected response takes what stands there the first
// time, and is the same from then on.
type names map[string]string

var placeholder = regexp.MustCompile(`\{\{([a-z0-9._-]+)\}\}`)

// fill replaces the placeholders of s.
func (n names) fill(s string) (string, error) {
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

// hide puts placeholders where values stand.
func (n names) hide(s string) string {
	known := make([]string, 0, len(n))
	for p := range n {
		known = append(known, p)
	}
	sort.Strings(known)
	for _, p := range known {
		s = strings.ReplaceAll(s, n[p], p)
	}
	return s
}

// match returns an error unless want is part of got: objects may have more
// members, null is a member that is not there, lists are as long.
func (n names) match(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: want an object, got %v", at, got)
		}
		for key, w := range want {
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
		for i := range want {
			if err := n.match(fmt.Sprintf("%s[%d]", at, i), want[i], list[i]); err != nil {
				return err
			}
		}
		return nil
	case string:
		return n.matchText(at, want, got)
	default:
		if want != got {
			return fmt.Errorf("%s: want %v, got %v", at, want, got)
		}
		return nil
	}
}

func (n names) matchText(at, want string, got any) error {
	text, ok := got.(string)
	if !ok {
		return fmt.Errorf("%s: want %q, got %v", at, want, got)
	}
	if _, known := n[want]; !known && placeholder.FindString(want) == want && want != "" {
		n[want] = text
		return nil
	}
	filled, err := n.fill(want)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	if filled != text {
		return fmt.Errorf("%s: want %q, got %q", at, filled, text)
	}
	return nil
}

// requestID is that member of a command, which differs from run to run.
var requestID = regexp.MustCompile(`"requestID":"[^"]*",?`)
