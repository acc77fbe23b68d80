package relational

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/store"
)

const (
	// Lines are numbered as they are written, so the oldest come first, but for some
	// that were written while a clock was wrong. So it looks at the first 10,000 that
	// there are, which takes some milliseconds where there is nothing to remove among
	// them.
	trimJournal = `
		DELETE FROM journal
		WHERE (` + keptNoLonger + `) AND seq <= (
			SELECT MAX(seq) FROM (
				SELECT seq FROM (
					SELECT seq, at FROM journal WHERE seq >= (SELECT MIN(seq) FROM journal) ORDER BY seq LIMIT 10000) earliest
				WHERE ` + keptNoLonger + ` ORDER BY seq LIMIT CAST($1 AS BIGINT)) ready)`

	keptNoLonger = `at < $2 OR seq <= (SELECT MAX(seq) FROM journal) - CAST($3 AS BIGINT)`

	trimCalls = `
		DELETE FROM calls WHERE (org, id) IN (
			SELECT org, id FROM calls WHERE settled_at > 0 AND settled_at < CAST($1 AS BIGINT) ORDER BY settled_at LIMIT CAST($2 AS BIGINT))`
)

// Trim removes what is kept no longer, at most limit rows of each table, and returns
// how many it removed.
func (s *Store) Trim(ctx context.Context, k store.Keep, limit int) (int, error) {
	var lines, calls int64
	err := s.update(ctx, Refuse, func(ctx context.Context, t tx) (err error) {
		if lines, err = t.Exec(ctx, trimJournal, limit, micros(k.Lines), k.MaxLines); err != nil {
			return err
		}
		calls, err = t.Exec(ctx, trimCalls, micros(k.Calls), limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("trim: %w", err)
	}
	return int(lines + calls), nil
}
