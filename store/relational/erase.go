package relational

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/search"
)

const (
	userStillThere = `SELECT EXISTS (SELECT 1 FROM users WHERE org = $1 AND id = $2)`

	userStillDue = `
		SELECT EXISTS (SELECT 1 FROM due WHERE org = $1 AND kind = 'user' AND group_id = '' AND user_id = $2)
			OR EXISTS (SELECT 1 FROM due WHERE org = $1 AND kind = 'edge' AND user_id = $2)`

	accountStillDue = `SELECT EXISTS (SELECT 1 FROM due WHERE org = $1 AND kind = 'mirrored' AND user_id = $2)`

	presenceOf = `SELECT presence FROM accounts WHERE org = $1 AND id = $2`

	linkedToAccount = `SELECT directory_id FROM links WHERE org = $1 AND kind = 'user' AND mirror_id = $2`

	eraseLinks   = `DELETE FROM links WHERE org = $1 AND kind = 'user' AND directory_id = $2`
	eraseAccount = `DELETE FROM accounts WHERE org = $1 AND id = $2`
	eraseLines   = `DELETE FROM journal WHERE org = $1 AND user_id = $2 AND user_id <> ''`

	// A text that is not all ASCII may fold to what it does not hold as it stands.
	linesThatMayMention = `SELECT seq, text FROM journal WHERE org = $1 AND (octet_length(text) <> length(text)`

	eraseNumbered = `DELETE FROM journal WHERE seq IN (SELECT j.value FROM {numbers $1 AS j})`
)

// Erase removes what is known of users who have left.
func (s *Store) Erase(ctx context.Context, org string, who store.Traces, o directory.Origin) (store.Erased, error) {
	var e store.Erased
	// The database looks through the whole journal for it, which nobody waits for. An
	// index of addresses would have every write pay for what is asked once in a while.
	mentions, err := s.mentions(ctx, org, who.Addresses)
	if err != nil {
		return e, fmt.Errorf("erase: %w", err)
	}
	err = s.update(ctx, Wait, func(ctx context.Context, t tx) (err error) {
		if err := t.left(ctx, org, who.Users); err != nil {
			return err
		}
		e, err = t.erase(ctx, org, who)
		if err != nil {
			return err
		}
		n, err := t.Exec(ctx, eraseNumbered, mentions)
		if err != nil {
			return err
		}
		e.Lines += int(n)
		t.note(org, store.Entry{At: o.At, Actor: o.Actor, RequestID: o.RequestID, Event: "erased", Text: e.String()})
		return nil
	})
	if err != nil {
		return store.Erased{}, fmt.Errorf("erase: %w", err)
	}
	return e, nil
}

// mentions returns the numbers of the lines in whose text one of the addresses stands.
func (s *Store) mentions(ctx context.Context, org string, addresses []string) ([]int64, error) {
	found := []int64{}
	if len(addresses) == 0 {
		return found, nil
	}
	query, args := Mentions(s.db.Filter, org, addresses)
	err := s.snapshot(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, query, args, func(row Scanner) error {
			var seq int64
			var text string
			if err := row.Scan(&seq, &text); err != nil {
				return err
			}
			text = directory.Fold(text)
			if slices.ContainsFunc(addresses, func(a string) bool { return mentioned(text, a) }) {
				found = append(found, seq)
			}
			return ctx.Err()
		})
	})
	return found, err
}

// Mentions is the query for the number and the text of those lines of an org that may
// mention one of the addresses, which are folded. The others stay in the database.
func Mentions(d search.Dialect, org string, addresses []string) (query string, args []any) {
	in := search.NewArgs(d, org)
	query = linesThatMayMention
	for _, a := range addresses {
		query += " OR " + d.Contains("lower(text)", in.Add(a))
	}
	return in.Used(query + ")")
}

// mentioned reports whether an address stands in a text, and not only within a longer
// one.
func mentioned(text, address string) bool {
	if address == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], address)
		if i < 0 {
			return false
		}
		from += i
		if before, after := []rune(text[:from]), []rune(text[from+len(address):]); !joins(before, after) {
			return true
		}
		from += len(address)
	}
}

// joins reports whether what stands before or behind an address belongs to it.
func joins(before, after []rune) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	if n := len(before); n > 0 && (word(before[n-1]) || strings.ContainsRune(".!#$%&*+/=?^_{|}~-", before[n-1])) {
		return true
	}
	switch {
	case len(after) == 0:
		return false
	case word(after[0]), after[0] == '-', after[0] == '@':
		return true
	}
	return after[0] == '.' && len(after) > 1 && word(after[1])
}

// left returns an error unless all users are gone, and Adobe has followed.
func (t tx) left(ctx context.Context, org string, users []string) error {
	for _, id := range users {
		var there, due bool
		if _, err := t.Row(ctx, userStillThere, []any{org, id}, &there); err != nil {
			return err
		}
		if _, err := t.Row(ctx, userStillDue, []any{org, id}, &due); err != nil {
			return err
		}
		switch {
		case there:
			return &store.StillThereError{What: "user " + id + " is in the directory"}
		case due:
			return &store.StillThereError{What: "something of user " + id + " is due"}
		}
	}
	return nil
}

func (t tx) erase(ctx context.Context, org string, who store.Traces) (e store.Erased, err error) {
	for _, id := range who.Users {
		for _, step := range []struct {
			query string
			count *int
		}{{eraseLinks, &e.Links}, {eraseLines, &e.Lines}} {
			n, err := t.Exec(ctx, step.query, org, id)
			if err != nil {
				return e, err
			}
			*step.count += int(n)
		}
	}
	for _, id := range who.Accounts {
		goes, err := t.accountGoes(ctx, org, id)
		if err != nil {
			return e, err
		}
		if !goes {
			e.Kept = append(e.Kept, id)
			continue
		}
		n, err := t.Exec(ctx, eraseAccount, org, id)
		if err != nil {
			return e, err
		}
		e.Accounts += int(n)
	}
	return e, nil
}

// accountGoes reports whether an account is nobody's any more. The links of those
// who are erased are gone by then.
func (t tx) accountGoes(ctx context.Context, org, id string) (bool, error) {
	var due bool
	var presence string
	known, err := t.Row(ctx, presenceOf, []any{org, id}, &presence)
	if err != nil || !known {
		return true, err
	}
	if _, err := t.Row(ctx, accountStillDue, []any{org, id}, &due); err != nil {
		return false, err
	}
	linked, err := texts(ctx, t, linkedToAccount, org, id)
	switch {
	case err != nil:
		return false, err
	case due || !slices.Contains([]string{string(plan.Absent), string(plan.Present)}, presence):
		return false, &store.StillThereError{What: "what Adobe has of account " + id + " is still to be found out"}
	}
	return presence == string(plan.Absent) && len(linked) == 0, nil
}
