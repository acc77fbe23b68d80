package postgres

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// hurry is for how long a database is waited for that is not to answer. One that is may
// take its time: the machine may be busy.
const hurry = 300 * time.Millisecond

// create creates users all at once, and returns how many of them failed.
func create(t *testing.T, s *Store, name string) (failed int) {
	t.Helper()
	errs := make(chan error)
	for i := range 8 {
		go func() {
			_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint(name, i)), directory.Origin{})
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			failed++
		}
	}
	return failed
}

// goesOn waits until users can be created, and looks whether any was half made.
func goesOn(t *testing.T, s *Store, atLeast int) {
	t.Helper()
	tries := 0
	require.Eventually(t, func() bool {
		tries++
		_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint("later", tries)), directory.Origin{})
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{Start: 1, Count: 1000})
	require.NoError(t, err)
	require.Greater(t, all.Total, atLeast)
	require.Len(t, all.Resources, all.Total)
	status, err := s.Status(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, all.Total, status.Pending[plan.KindUser], "each has its due row")
	for _, u := range all.Resources {
		entries, err := s.Journal(t.Context(), "acme", u.ID, 10)
		require.NoError(t, err)
		require.Len(t, entries, 1, "and was made once")
	}
}

func TestTrouble_ANetworkThatCarriesNothingIsNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	network := postgrestest.NewProxy(t, migrated(t))
	s := open(t, network.URL())
	require.Zero(t, create(t, s, "before"))
	patient := s.patience
	s.patience = hurry
	network.Cut()
	require.Equal(t, 8, create(t, s, "cut"))
	_, err := s.User(t.Context(), "acme", "before0")
	require.Error(t, err)
	_, err = s.Status(t.Context(), "acme")
	require.ErrorIs(t, err, context.DeadlineExceeded, "nor by those who have time")
	require.Error(t, s.Ping(t.Context()))
	network.Mend()
	s.patience = patient
	goesOn(t, s, 8)
	require.NoError(t, s.Ping(t.Context()))
}

func TestTrouble_ASlowDatabaseRefusesWholeWrites(t *testing.T) {
	t.Parallel()
	network := postgrestest.NewProxy(t, migrated(t))
	s := open(t, network.URL())
	network.Delay(100 * time.Millisecond) // each way
	s.patience = hurry
	require.Positive(t, create(t, s, "slow"))
	s.patience = time.Minute
	require.Zero(t, create(t, s, "patient"), "slow, and not wrong")
	network.Delay(0)
	goesOn(t, s, 8)
}

func TestTrouble_ADatabaseThatIsGoneAndBackNeedsNobody(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t)
	s := open(t, server.URL())
	require.Zero(t, create(t, s, "before"))
	server.Crash()
	require.Equal(t, 8, create(t, s, "gone"))
	_, err := s.User(t.Context(), "acme", "before0")
	require.Error(t, err)
	require.NoError(t, server.Start())
	goesOn(t, s, 8)
	for i := range 8 {
		_, err := s.User(t.Context(), "acme", fmt.Sprint("before", i))
		require.NoError(t, err)
		_, err = s.User(t.Context(), "acme", fmt.Sprint("gone", i))
		require.ErrorIs(t, err, directory.ErrNotFound)
	}
}

// On Linux others have a server that really is out of room.
func TestTrouble_AServerWithoutRoomRefusesWholeWritesWithAdvice(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	require.Zero(t, create(t, s, "before"))
	exec1(t, beside(t, url), `
		CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER no_room BEFORE INSERT ON journal EXECUTE FUNCTION no_room()`) // which is what is written last
	require.Equal(t, 8, create(t, s, "full"))
	_, err := s.CreateUser(t.Context(), "acme", user("another"), directory.Origin{})
	require.ErrorContains(t, err, "the disk of the database server is full, make room there and it goes on by itself")
	for i := range 8 {
		_, err := s.User(t.Context(), "acme", fmt.Sprint("before", i))
		require.NoError(t, err, "reads go on")
		_, err = s.User(t.Context(), "acme", fmt.Sprint("full", i))
		require.ErrorIs(t, err, directory.ErrNotFound)
	}
	exec1(t, beside(t, url), "DROP TRIGGER no_room ON journal")
	goesOn(t, s, 8)
}

func TestTrouble_AServerThatOnlyReadsIsLeftForOneThatWrites(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	require.Zero(t, create(t, s, "before"))
	set := func(what string) {
		exec1(t, beside(t, url), fmt.Sprintf("DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I %s', current_database()); END $$", what))
	}
	set("SET default_transaction_read_only = on") // of connections that are made from here on
	exec1(t, beside(t, url), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	_, err := s.CreateUser(t.Context(), "acme", user("standby"), directory.Origin{})
	require.ErrorContains(t, err, "the server only reads now")
	_, err = s.User(t.Context(), "acme", "before0")
	require.NoError(t, err, "reads go on")
	require.Eventually(t, func() bool {
		err := s.keep.renew(t.Context())
		return err != nil && strings.Contains(err.Error(), "read-only")
	}, time.Minute, time.Millisecond, "the first finds that its connection was ended")
	exec1(t, beside(t, url), "BEGIN; SET TRANSACTION READ WRITE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$; COMMIT")
	goesOn(t, s, 8)
	require.NoError(t, s.keep.renew(t.Context()))
}

func TestTrouble_ACommitWhoseAnswerIsLostIsDoneOnce(t *testing.T) {
	t.Parallel()
	network := postgrestest.NewProxy(t, migrated(t))
	s := open(t, network.URL())
	require.Zero(t, create(t, s, "before"))
	for id, told := range map[string]func(ctx context.Context, w *tx) error{
		"told before":          func(ctx context.Context, w *tx) error { return w.flush(ctx) },
		"told with the commit": func(context.Context, *tx) error { return nil },
	} {
		tries := 0
		require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
			w.Later("INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text) VALUES ('acme', 0, '', '', $1, '', '', '')", id)
			err := told(ctx, w)
			if tries++; tries == 1 {
				network.LoseAnswer(w.c.PgConn().Conn().LocalAddr())
			}
			return err
		}), id)
	}
	goesOn(t, s, 8)
	for _, id := range []string{"told before", "told with the commit"} {
		entries, err := s.Journal(t.Context(), "acme", id, 10)
		require.NoError(t, err)
		require.Len(t, entries, 1, id)
	}
}

func TestTrouble_OtherProcessesAreHeardThoughTheNetworkFailsWhileTheyAreListenedFor(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	network := postgrestest.NewProxy(t, url)
	s := open(t, network.URL())
	h := &listener{channel: s.heard.channel}
	var err error
	h.pg, err = s.heard.connect(t.Context())
	require.NoError(t, err)
	defer h.hangUp()
	network.Cut()
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.Error(t, h.listen(patient))
	require.NoError(t, patient.Err(), "it is given up, and begun anew on another connection")
	network.Mend()
}

func TestTrouble_OfSeveralServersTheOneThatWritesIsAsked(t *testing.T) {
	t.Parallel()
	standby, primary := postgrestest.NewServer(t), postgrestest.New(t)
	first, err := url.Parse(standby.URL())
	require.NoError(t, err)
	both, err := url.Parse(primary)
	require.NoError(t, err)
	for _, statement := range []string{
		"CREATE DATABASE " + strings.Trim(both.Path, "/"),
		"ALTER SYSTEM SET default_transaction_read_only = on",
		"SELECT pg_reload_conf()",
	} {
		require.NoError(t, standby.Exec(statement))
	}
	both.Host = first.Host + "," + both.Host
	s := open(t, both.String())
	require.Zero(t, create(t, s, "here"))
	_, err = s.User(t.Context(), "acme", "here0")
	require.NoError(t, err)
}
