package sqlite

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

const (
	// shrinkAtOnce is how many pages are given back in one transaction.
	shrinkAtOnce = 200
	// shrinkShare is which part of the file must be free before any of it is given back:
	// what is free is used again, and less than this is soon.
	shrinkShare = 4
)

// Shrink gives back a little of the file, if a quarter of it or more is free, and
// reports whether it did. A file that was made without this does not
// shrink; what is free in it is used again.
func (s *Store) Shrink(ctx context.Context) (bool, error) {
	var did bool
	err := s.update(ctx, relational.Refuse, func(ctx context.Context, t *tx) error {
		var mode, pages, free int64
		for pragma, into := range map[string]*int64{"auto_vacuum": &mode, "page_count": &pages, "freelist_count": &free} {
			if _, err := t.Row(ctx, "PRAGMA "+pragma, nil, into); err != nil {
				return err
			}
		}
		if mode != incremental || free == 0 || free < pages/shrinkShare {
			return nil
		}
		did = true
		return t.Each(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", shrinkAtOnce), nil, func(relational.Scanner) error { return nil })
	})
	if err != nil {
		return false, fmt.Errorf("shrink database: %w", err)
	}
	return did, nil
}

// incremental is the mode in which a file can be made smaller bit by bit. It is
// chosen before the file has tables.
const incremental = 2
