package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// mark makes the file and writes the bridge's mark into its header, and that it can
// shrink, which cannot be said later. It uses a
// rollback journal: in WAL mode the header itself would stay behind, in a file
// beside it, until the first checkpoint, and a kill before it would leave a
// file that nobody can tell from another program's.
func mark(ctx context.Context, path string) (err error) {
	// It holds personal data. What SQLite makes beside it gets the same rights.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make: %w", err)
	}
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)")
	if err != nil {
		return fmt.Errorf("make: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA auto_vacuum = %d; PRAGMA application_id = %d", incremental, applicationID)); err != nil {
		return fmt.Errorf("make: %w", err)
	}
	return nil
}

// migrate brings the tables to the present.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithTableName("migrations"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		goose.WithGoMigrations(goose.NewGoMigration(4, &goose.GoFunc{RunTx: fillSearch}, nil)))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: read its version: %w", err)
	}
	if current > target {
		return fmt.Errorf("migrate: it is at version %d and this release knows %d: "+
			"a newer release wrote it, use that one, or restore a backup", current, target)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, step := range done {
		log.InfoContext(ctx, "database migrated", "version", step.Source.Version)
	}
	return nil
}

// advise adds what to do to an error that means damage, or that the disk takes
// nothing, or fails.
func advise(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // without what extends it
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is damaged, restore a backup: %w", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full, make room and it goes on by itself: %w", err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("the disk or the file cannot be written, mend that and it goes on by itself: %w", err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk fails or is read-only, mend that and it goes on by itself: %w", err)
	}
	return err
}
