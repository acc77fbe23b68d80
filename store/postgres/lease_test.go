package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// silence has a store neither renew its leases nor say goodbye, as if its process
// stood still or was cut off from the database.
func (s *Store) silence() {
	s.keep.end()
	<-s.keep.done
}

// age makes all leases as old as they are when they end.
func age(t *testing.T, url string) {
	exec1(t, beside(t, url), "UPDATE leases SET expires = expires - $1", leaseFor.Microseconds())
}

func TestLease_ThatIsNotRenewedIsTakenAndItsHolderFindsOut(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	paused, other := open(t, url), open(t, url)
	first, err := paused.Lease(t.Context(), "acme")
	require.NoError(t, err)
	paused.silence()
	age(t, url)
	second, err := other.Lease(t.Context(), "acme")
	require.NoError(t, err)
	require.Greater(t, second.Token, first.Token)
	require.NoError(t, first.Held(), "it cannot know yet")
	require.ErrorIs(t, paused.SetPause(t.Context(), first, time.Now()), lease.ErrLost, "but the database does")
	require.NoError(t, paused.keep.renew(t.Context()))
	require.ErrorIs(t, first.Held(), lease.ErrLost)
	require.NoError(t, other.keep.renew(t.Context()))
	require.NoError(t, second.Held())
}

func TestLease_ThatAnotherHasUnderTheSameTokenIsLost(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	paused, other := open(t, url), open(t, url)
	first, err := paused.Lease(t.Context(), "acme")
	require.NoError(t, err)
	paused.silence()
	age(t, url)
	// A standby that never heard of the first took over.
	exec1(t, beside(t, url), "UPDATE leases SET token = token - 1")
	second, err := other.Lease(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, first.Token, second.Token)
	require.ErrorIs(t, paused.SetPause(t.Context(), first, time.Now()), lease.ErrLost)
	require.NoError(t, other.SetPause(t.Context(), second, time.Now()))
}

func TestLease_ThatEndedAndNobodyTookIsRenewed(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	l.Until(time.Now())
	require.ErrorIs(t, l.Held(), lease.ErrLapsed)
	age(t, url)
	require.NoError(t, s.keep.renew(t.Context()))
	require.NoError(t, l.Held())
	require.NoError(t, s.SetPause(t.Context(), l, time.Now()))
}

func TestLease_IsWaitedForUntilItEnds(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s, other := open(t, url), open(t, url)
	_, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	s.silence()
	exec1(t, beside(t, url), "UPDATE leases SET expires = clock() + 300000")
	_, err = other.Lease(t.Context(), "acme")
	require.NoError(t, err)
}

func TestLease_LongWritesDoNotKeepItFromBeingRenewed(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
		if err := w.flush(ctx); err != nil {
			return err
		}
		l.Until(time.Now())
		return s.keep.renew(t.Context())
	}))
	require.NoError(t, l.Held())
}

// Where several come back after an outage, each may do something with the row of
// another while that one does with its own: who waited then could be waited for.
func TestKeeper_RenewsWithoutWaitingForOthers(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s, other := open(t, url), open(t, url)
	kept, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	taken, err := s.Lease(t.Context(), "globex")
	require.NoError(t, err)
	s.silence()
	other.silence()
	exec1(t, beside(t, url), "UPDATE replicas SET seen = seen - $1", 2*forgetAfter.Microseconds())

	c := beside(t, url)
	exec1(t, c, "BEGIN")
	exec1(t, c, "UPDATE replicas SET seen = clock() WHERE id = $1", other.heard.id)
	exec1(t, c, "UPDATE leases SET token = token + 1, holder = $1 WHERE org = 'globex'", other.heard.id)
	require.NoError(t, s.keep.renew(t.Context()))
	require.NoError(t, kept.Held())
	require.ErrorIs(t, taken.Held(), lease.ErrLost)
	exec1(t, c, "COMMIT")
	seen, err := s.Replicas(t.Context())
	require.NoError(t, err)
	require.Len(t, seen, 2, "who is there again is not forgotten")
}

func TestReplicas_ShowsWhoWasNotSeenLately(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	gone, s := open(t, url), open(t, url)
	_, err := gone.Lease(t.Context(), "acme")
	require.NoError(t, err)
	gone.silence()
	exec1(t, beside(t, url), "UPDATE replicas SET seen = seen - 60000000 WHERE id = $1", gone.heard.id)
	age(t, url)
	all, err := s.Replicas(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.True(t, all[0].Gone)
	require.Empty(t, all[0].Dispatches, "what it had has ended")
	require.False(t, all[1].Gone)
	exec1(t, beside(t, url), "UPDATE replicas SET seen = seen - $2 WHERE id = $1", gone.heard.id, forgetAfter.Microseconds())
	require.NoError(t, s.keep.renew(t.Context()))
	all, err = s.Replicas(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestWrite_AProcessThatStandsStillInOneDoesNotKeepOthersFromWriting(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	stuck := beside(t, url)
	exec1(t, stuck, "SET idle_in_transaction_session_timeout = '500ms'")
	exec1(t, stuck, "BEGIN")
	exec1(t, stuck, "SELECT hold(9999)")
	_, err := s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.NoError(t, err)
	_, err = stuck.Exec(t.Context(), "COMMIT")
	require.Error(t, err, "the server hung up on it")
	require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
		var got string
		_, err := w.Row(ctx, "SHOW idle_in_transaction_session_timeout", nil, &got)
		require.Equal(t, "5s", got, "as it would on a store")
		return err
	}))
}

func TestHear_OtherProcessesAndAllAfterASilence(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	c := beside(t, url)
	acme, globex := s.Changed("acme"), s.Changed("globex")
	free := s.keep.free("globex")
	tell := func(who string) { exec1(t, c, "SELECT pg_notify($1, $2)", s.heard.channel, who+" due acme") }
	tell(s.heard.id) // which it said itself
	tell("another")
	<-acme
	select {
	case <-globex:
		require.Fail(t, "that was of another org")
	case <-acme:
		require.Fail(t, "what it said itself it knows")
	default:
	}
	exec1(t, c, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	<-acme
	<-globex
	<-free
	require.NoError(t, s.Ping(t.Context()))
	_, err := s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.NoError(t, err)
}

func TestHear_AsksWhetherASilentConnectionIsThere(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	quiet, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	c, err := s.heard.connect(t.Context())
	require.NoError(t, err)
	h := &listener{pg: c, channel: s.heard.channel}
	defer h.hangUp()
	require.NoError(t, h.listen(t.Context()))
	_, err = c.WaitForNotification(quiet)
	require.Error(t, err)
	require.False(t, c.IsClosed(), "a silence is no end")
	require.NoError(t, h.ask(t.Context()))
	_, err = beside(t, s.pool.Config().ConnString()).Exec(t.Context(), "SELECT pg_terminate_backend($1)", int32(c.PgConn().PID()))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return h.ask(t.Context()) != nil }, time.Minute, time.Millisecond)
}
