package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// Options are what may be chosen about a database.
type Options struct {
	// Log is told what happens while opening; nil for nowhere.
	Log *slog.Logger
	// Volatile keeps no promise about the disk: what was acknowledged may be gone after a
	// crash of the machine. It is for tests of those that use a store.
	Volatile bool
}

// Store is a store.Store in one file.
type Store struct {
	*relational.Store // its steps

	path string
	file *os.File // holds the lock
	db   *sql.DB

	write   *writer
	log     *checkpointer
	readers chan *conn // those that are free
	nread   int
	signals relational.Signals
	leases  leases

	closing sync.Once
	closed  error
}

// Open opens the database at path, or makes it, and brings its tables to the
// present. It refuses a file that another process has open, that belongs to
// another program, or that a newer release wrote. Parent folders must exist.
//
// Unlike other constructors it starts a goroutine, the one that writes: a store
// without it could not keep its promises, and nothing but a store needs to know
// of it. Close ends it.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, fmt.Errorf("open database: path %q: name a file", path)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	file, err := lock(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %s: %w", path, err)
	}
	s := &Store{path: path, file: file}
	s.Store = relational.New(relational.Database{
		Update: func(ctx context.Context, p relational.Patience, do func(context.Context, relational.Tx) error) error {
			return s.update(ctx, p, func(ctx context.Context, t *tx) error { return do(ctx, t) })
		},
		Read: func(ctx context.Context, do func(context.Context, relational.Conn) error) error {
			return s.read(ctx, func(ctx context.Context, c *conn) error { return do(ctx, c) })
		},
		Snapshot: func(ctx context.Context, do func(context.Context, relational.Conn) error) error {
			return s.snapshot(ctx, func(ctx context.Context, c *conn) error { return do(ctx, c) })
		},
		Fence:   fence,
		Changed: s.signals.Channel,
		Filter:  dialect{},
	})
	s.leases.started = now()
	if err := s.open(ctx, opts); err != nil {
		return nil, fmt.Errorf("open database: %s: %w", path, errors.Join(advise(err), s.release()))
	}
	return s, nil
}

// open makes the connections and starts the writer.
func (s *Store) open(ctx context.Context, opts Options) error {
	empty, err := identify(s.path)
	if err != nil {
		return err
	}
	if empty {
		opts.Log.InfoContext(ctx, "new database", "path", s.path)
		if err := mark(ctx, s.path); err != nil {
			return err
		}
	}
	s.db, err = sql.Open("sqlite", dsn(s.path, opts))
	if err != nil {
		return err
	}
	// Connections are kept for as long as the store is open, with their
	// statements; idle ones exist only before they are taken.
	s.db.SetConnMaxLifetime(0)
	s.db.SetConnMaxIdleTime(0)
	if err := migrate(ctx, s.db, opts.Log); err != nil {
		return err
	}
	s.nread = max(4, runtime.NumCPU())
	s.readers = make(chan *conn, s.nread)
	for range s.nread {
		c, err := newConn(ctx, s.db)
		if err != nil {
			return err
		}
		s.readers <- c
		for _, pragma := range readerPragmas {
			if _, err := c.Exec(ctx, pragma); err != nil {
				return err
			}
		}
	}
	c, err := newConn(ctx, s.db)
	if err != nil {
		return err
	}
	if _, err := c.Exec(ctx, "PRAGMA wal_autocheckpoint = 0"); err != nil { // see checkpointer
		return errors.Join(err, c.close())
	}
	beside, err := newConn(ctx, s.db)
	if err != nil {
		return errors.Join(err, c.close())
	}
	s.log = newCheckpointer(beside)
	s.write = newWriter(c, s.log, s.signals.Send)
	go s.write.Run(s.write.batch, func() {})
	go s.log.run()
	return nil
}

// readerPragmas are further settings of connections that read. One long read goes
// over all of them in turn, so that each fills its cache with the same pages; what
// is not there is in the system's cache, a few microseconds away.
var readerPragmas = []string{"PRAGMA query_only = 1", "PRAGMA cache_size = -4096"} // 4 MiB, which take 8

// dsn names the file with the settings that each connection gets.
func dsn(path string, opts Options) string {
	synchronous := "synchronous(FULL)"
	if opts.Volatile {
		synchronous = "synchronous(OFF)"
	}
	v := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		synchronous,
		"foreign_keys(1)",
		"temp_store(MEMORY)",
		"cache_size(-32768)",           // 32 MiB, of the connection that writes
		"journal_size_limit(67108864)", // what a large write leaves of the log
	}}
	return fileURL(path) + "?" + v.Encode()
}

// fileURL spells a path so that none of its characters means anything to SQLite.
func fileURL(path string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
}

// Close waits for what is being written, then releases the database. Writes
// that come later are refused. Closing twice returns what the first did.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.write.Stop()
		s.log.stop()
		for range s.nread {
			c := <-s.readers
			s.closed = errors.Join(s.closed, c.close())
		}
		s.nread = 0
		s.closed = errors.Join(s.closed, s.release())
	})
	return s.closed
}

// release undoes what open did, however far it came.
func (s *Store) release() error {
	var errs []error
	for s.nread > 0 && len(s.readers) > 0 {
		c := <-s.readers
		errs = append(errs, c.close())
	}
	if s.write != nil {
		errs = append(errs, s.write.c.close(), s.log.c.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(append(errs, s.file.Close())...)
}

// Ping returns nil if a read can be answered now.
func (s *Store) Ping(ctx context.Context) error {
	err := s.read(ctx, func(ctx context.Context, c *conn) error {
		var n int
		_, err := c.Row(ctx, "SELECT COUNT(*) FROM orgs", nil, &n)
		return err
	})
	if err != nil {
		return fmt.Errorf("ping database: %s: %w", s.path, err)
	}
	return nil
}
