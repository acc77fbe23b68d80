package postgres

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the key of the lock under which tables are changed. It is not that
// of those that write, who may go on meanwhile.
const migrationLock = 0x7363626d // "scbm" in ASCII

// mark is the comment on the table bridge, by which the bridge's databases are known.
const mark = "scim-bridge"

const (
	whatIsThere = `
		SELECT current_schema() IS NOT NULL, current_setting('server_encoding'), current_setting('server_version_num')::int,
			COALESCE(obj_description(to_regclass('bridge'), 'pg_class'), ''),
			ARRAY(SELECT relname::text FROM pg_class
				WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname <> 'migrations'
				ORDER BY relname LIMIT 3)`

	hasMigrations = `SELECT to_regclass(quote_ident(current_schema()) || '.migrations') IS NOT NULL`

	latestMigration = `SELECT COALESCE(MAX(version_id), 0) FROM migrations`

	oldestRelease = `SELECT oldest FROM bridge`

	oldestServer = 130000 // the first with pg_current_xact_id
)

// identify refuses a database that is not the bridge's. It only reads.
func identify(ctx context.Context, c *pgx.Conn) error {
	var schema bool
	var encoding, is string
	var version int
	var tables []string
	if err := c.QueryRow(ctx, whatIsThere).Scan(&schema, &encoding, &version, &is, &tables); err != nil {
		return fmt.Errorf("look what is there: %w", err)
	}
	switch {
	case version < oldestServer:
		return fmt.Errorf("the server is of version %d, want PostgreSQL 13 or newer", version/10000)
	case !schema:
		return errors.New("this user has no schema there: give it one, CREATE SCHEMA AUTHORIZATION its-name")
	case encoding != "UTF8":
		return fmt.Errorf("its encoding is %s, want UTF8: make another, CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8'", encoding)
	case is != mark && len(tables) > 0:
		return fmt.Errorf("it holds tables of another program (%s): name an empty database in store", tables[0])
	}
	return nil
}

// versions returns which version the tables have, and which one this release knows. It
// refuses a database that a newer release has changed so that this one cannot work with
// it, and one that must be migrated by a user who may not. It only reads.
func versions(ctx context.Context, c *pgx.Conn) (current, known int64, err error) {
	if known, err = latestKnown(); err != nil {
		return 0, 0, err
	}
	var begun bool
	if err := c.QueryRow(ctx, hasMigrations).Scan(&begun); err != nil {
		return 0, 0, fmt.Errorf("read its version: %w", err)
	}
	if begun {
		if err := c.QueryRow(ctx, latestMigration).Scan(&current); err != nil {
			return 0, 0, fmt.Errorf("read its version: %w", cmp.Or(mayMigrate(ctx, c), err))
		}
	}
	switch {
	case current > known:
		return current, known, compatible(ctx, c, current, known)
	case current < known:
		return current, known, mayMigrate(ctx, c)
	}
	return current, known, nil
}

// latestKnown is the number of this release's last migration.
func latestKnown() (known int64, err error) {
	steps, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	for _, step := range steps {
		n, err := goose.NumericComponent(step.Name())
		if err != nil {
			return 0, err
		}
		known = max(known, n)
	}
	return known, nil
}

// compatible refuses tables that this release cannot work with.
func compatible(ctx context.Context, c *pgx.Conn, current, known int64) error {
	var oldest int64
	if err := c.QueryRow(ctx, oldestRelease).Scan(&oldest); err != nil {
		return fmt.Errorf("read its version: %w", err)
	}
	if known < oldest {
		return fmt.Errorf("it is at version %d and this release knows %d, which is not enough for it: "+
			"a newer release wrote it, use that one, or restore a backup", current, known)
	}
	return nil
}

// migrate brings the tables to the present, unless a newer release did more than that
// and this one can work with it. Of several processes one does it at a time. It returns
// up to which number this release knows the tables.
//
// A step waits no longer than wait says for a lock that a reader has, since everybody who
// comes later waits behind it: then it lets them pass, and is tried again.
func migrate(ctx context.Context, cfg *pgx.ConnConfig, wait lockWait, log *slog.Logger) (known int64, err error) {
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return 0, fmt.Errorf("connect: %w", oneLine(err))
	}
	defer hangUp(c) // and with it the lock
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1, hashtext(current_schema()))", migrationLock); err != nil {
		return 0, fmt.Errorf("migrate: lock: %w", err)
	}
	if err := identify(ctx, c); err != nil {
		return 0, err
	}
	if known, err = migrateLocked(ctx, c, cfg, wait, log); err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	return known, nil
}

func migrateLocked(ctx context.Context, c *pgx.Conn, cfg *pgx.ConnConfig, wait lockWait, log *slog.Logger) (known int64, err error) {
	current, known, err := versions(ctx, c)
	if err != nil {
		return 0, err
	}
	if current > known {
		log.InfoContext(ctx, "a newer release has added to the tables", "version", current, "known", known)
		return known, nil
	}
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	bounded := cfg.Copy()
	bounded.RuntimeParams["lock_timeout"] = fmt.Sprint(wait.lock.Milliseconds()) // ms
	db := stdlib.OpenDB(*bounded)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, steps,
		goose.WithTableName("migrations"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return 0, err
	}
	return known, wait.each(ctx, c, log, func() error {
		done, err := p.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			done = partial.Applied
		}
		for _, step := range done {
			log.InfoContext(ctx, "database migrated", "version", step.Source.Version)
		}
		return err
	})
}
