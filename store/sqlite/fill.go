package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// fillSearch gives the users of an older release what they are searched by.
// It reads many at a time, so that their number does not matter.
func fillSearch(ctx context.Context, tx *sql.Tx) error {
	const atOnce = 1000
	type user struct {
		key           int64
		org, id, text string
	}
	for last := int64(0); ; {
		var all []user
		rows, err := tx.QueryContext(ctx, `SELECT key, org, id, document FROM users WHERE key > ?1 ORDER BY key LIMIT ?2`, last, atOnce)
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		for rows.Next() {
			var u user
			if err := rows.Scan(&u.key, &u.org, &u.id, &u.text); err != nil {
				return fmt.Errorf("read users: %w", err)
			}
			all = append(all, u)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if len(all) == 0 {
			return nil
		}
		for _, u := range all {
			search, nameKey, err := relational.SearchedBy(u.id, []byte(u.text))
			if err != nil {
				return fmt.Errorf("user %s of org %s: %w", u.id, u.org, err)
			}
			if _, err := tx.ExecContext(ctx, `UPDATE users SET search = jsonb(?2) WHERE key = ?1`, u.key, search); err != nil {
				return fmt.Errorf("user %s of org %s: %w", u.id, u.org, err)
			}
			// A name that is equal to another now keeps the key that it had.
			if _, err := tx.ExecContext(ctx, `UPDATE OR IGNORE users SET user_name_key = ?2 WHERE key = ?1 AND user_name_key <> ?2`, u.key, nameKey); err != nil {
				return fmt.Errorf("user %s of org %s: %w", u.id, u.org, err)
			}
			last = u.key
		}
	}
}
