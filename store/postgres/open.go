package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// Options are what may be chosen about a database.
type Options struct {
	// Log is told what happens while opening, and of connections that are lost
	// and found; nil for nowhere.
	Log *slog.Logger
}

// Store is a store.Store in one PostgreSQL database.
type Store struct {
	*relational.Store // its steps

	name     string // of the database, for errors
	patience time.Duration
	pool     *pgxpool.Pool

	heard   *listener
	keep    *keeper
	write   *writer
	signals relational.Signals

	closing sync.Once
}

// Open opens the database that a URL names, such as
// postgres://user@host/database, and brings its tables to the present. What the
// URL leaves out comes from the variables that libpq reads, such as PGPASSWORD.
// No error and no log holds the URL's password.
//
// It refuses a database that holds tables of another program, or whose tables a newer
// release has changed so that this one cannot work with them. Others may have it open.
//
// Like the one of SQLite it starts goroutines: one that writes, one that listens and
// one that renews leases. Close ends them.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	cfg, err := parse(dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{name: nameOf(cfg.ConnConfig), patience: relational.AnswerWithin}
	s.Store = relational.New(relational.Database{
		Update: func(ctx context.Context, p relational.Patience, do func(context.Context, relational.Tx) error) error {
			return unfenced(s.update(ctx, p, func(ctx context.Context, t *tx) error { return do(ctx, t) }))
		},
		Read: func(ctx context.Context, do func(context.Context, relational.Conn) error) error {
			return s.read(ctx, func(ctx context.Context, c *conn) error { return do(ctx, c) })
		},
		Snapshot: func(ctx context.Context, do func(context.Context, relational.Conn) error) error {
			return s.snapshot(ctx, func(ctx context.Context, c *conn) error { return do(ctx, c) })
		},
		Fence:   s.fence,
		Changed: s.signals.Channel,
		Filter:  dialect{},
	})
	if err := s.open(ctx, cfg, opts.Log); err != nil {
		s.release()
		return nil, fmt.Errorf("open database: %s: %w", s.name, oneLine(err))
	}
	return s, nil
}

// open makes the connections and starts what runs beside them.
func (s *Store) open(ctx context.Context, cfg *pgxpool.Config, log *slog.Logger) error {
	connect := func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, cfg.ConnConfig) }
	known, err := migrate(ctx, cfg.ConnConfig, migrationWait, log)
	if err != nil {
		return err
	}
	s.heard = &listener{connect: connect, log: log, heard: s.hear, missed: s.missed}
	if err := s.heard.begin(ctx); err != nil {
		return err
	}
	s.keep = newKeeper(connect, s.heard, known, log)
	if err := s.keep.renew(ctx); err != nil {
		return fmt.Errorf("say that it is there: %w", err)
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	s.write = newWriter(connect, s.heard, known, s.signals.Send)
	s.heard.start()
	s.keep.start()
	go s.write.Run(s.write.batch, s.write.hangUp)
	return nil
}

// hear takes note of what another process told of an org.
func (s *Store) hear(what, org string) {
	switch what {
	case saidDue:
		s.signals.Send(org)
	case saidFree:
		s.keep.tell(org)
	}
}

// missed supposes that everything was told.
func (s *Store) missed() {
	s.signals.All()
	s.keep.tellAll()
}

// Check returns nil if the database that a URL names answers and could be
// opened. It only reads.
func Check(ctx context.Context, dsn string) error {
	cfg, err := parse(dsn)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	c, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err == nil {
		err = errors.Join(check(ctx, c), c.Close(ctx))
	}
	if err != nil {
		return fmt.Errorf("check database: %s: %w", nameOf(cfg.ConnConfig), oneLine(err))
	}
	return nil
}

func check(ctx context.Context, c *pgx.Conn) error {
	if err := identify(ctx, c); err != nil {
		return err
	}
	_, _, err := versions(ctx, c)
	return err
}

// How long a database is waited for that does not answer, as where the network carries
// nothing. Who asks gets an error then, and the connection is given up.
const (
	connectWithin = 5 * time.Second // unless the URL says otherwise
	pingWithin    = 2 * time.Second // a connection that was idle; then another is made
)

// settings are what each connection is given. What a write acknowledged must be
// on disk, whatever the server's default; a process that stands still in the middle of a
// write must not keep others from writing for long.
var settings = map[string]string{
	"application_name":                    "scim-bridge",
	"synchronous_commit":                  "on",
	"timezone":                            "UTC",
	"default_transaction_isolation":       "read committed",
	"idle_in_transaction_session_timeout": "5s",
	"tcp_keepalives_idle":                 "10",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
}

// Validate says what is wrong with the URL of a database. It does not connect.
func Validate(dsn string) error {
	_, err := parse(dsn)
	return err
}

// parse reads the URL of a database. What is wrong with it is not quoted: a
// password with a character that belongs escaped can be anywhere in it.
func parse(dsn string) (*pgxpool.Config, error) {
	u, err := url.Parse(dsn)
	switch {
	case err != nil, u.Scheme != "postgres" && u.Scheme != "postgresql", u.Opaque != "", strings.Contains(u.Path, "@"):
		return nil, errors.New("want a URL such as postgres://user@host/database; " +
			"in a password, characters such as / ? # @ % are written %2F %3F %23 %40 %25")
	case strings.Trim(u.Path, "/") == "" && u.Query().Get("dbname") == "":
		return nil, errors.New("names no database, want postgres://user@host/database")
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("a parameter of the URL is wrong: %s", reason(err))
	}
	for name, value := range settings {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectWithin
	}
	cfg.PingTimeout = pingWithin
	if cfg.ConnConfig.ValidateConnect == nil && several(cfg.ConnConfig) {
		// A standby refuses writes, and shows what was so a while ago.
		cfg.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return cfg, nil
}

// several reports whether a URL names more than one server. The same one may be tried
// with TLS and without.
func several(c *pgx.ConnConfig) bool {
	return slices.ContainsFunc(c.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != c.Host || f.Port != c.Port })
}

// reason is the innermost cause, which does not repeat the URL.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// nameOf names a database as an operator would.
func nameOf(c *pgx.ConnConfig) string {
	return fmt.Sprintf("%s on %s:%d", c.Database, c.Host, c.Port)
}

// oneLine is an error in one line. The driver tells of each address on its own.
func oneLine(err error) error {
	if err == nil || !strings.Contains(err.Error(), "\n") {
		return err
	}
	return shown{err}
}

type shown struct{ error }

// Error implements error.
func (s shown) Error() string { return strings.Join(strings.Fields(s.error.Error()), " ") }

// Unwrap gives the error as it was.
func (s shown) Unwrap() error { return s.error }

// Close waits for what is being written, then releases the database. Writes
// that come later are refused. Closing twice is harmless.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.write.Stop()
		s.release()
	})
	return nil
}

// release undoes what open did, however far it came.
func (s *Store) release() {
	if s.pool != nil {
		s.pool.Close()
	}
	if s.keep != nil {
		s.keep.stop()
	}
	if s.heard != nil {
		s.heard.stop()
	}
}

// Ping returns nil if a read can be answered now, and this release may write.
func (s *Store) Ping(ctx context.Context) error {
	err := s.read(ctx, func(ctx context.Context, c *conn) error {
		var oldest int64
		if _, err := c.Row(ctx, oldestRelease, nil, &oldest); err != nil {
			return err
		}
		if s.write.known < oldest {
			return errOutdated
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ping database: %s: %w", s.name, err)
	}
	return nil
}
