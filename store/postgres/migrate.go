package postgres

import (
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

	mayMakeTables = `
		SELECT has_schema_privilege(current_schema(), 'CREATE'), current_user, current_schema()::text,
			format('GRANT CREATE ON SCHEMA %I TO %I', current_schema(), current_user)`

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
	case is != mark:
		return mayMake(ctx, c)
	}
	return nil
}

// mayMake refuses a user who may not make tables. It only reads. Since PostgreSQL 15
// only the owner of a database may do so in the schema public
// (https://www.postgresql.org/docs/15/release-15.html).
func mayMake(ctx context.Context, c *pgx.Conn) error {
	var may bool
	var who, schema, grant string
	if err := c.QueryRow(ctx, mayMakeTables).Scan(&may, &who, &schema, &grant); err != nil {
		return fmt.Errorf("look what is allowed: %w", err)
	}
	if may {
		return nil
	}
	return fmt.Errorf("user %s may not make tables in schema %s: have the database's owner or an administrator run, in this database: %s", who, schema, grant)
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
	current, known, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read its version: %w", err)
	}
	if current > known {
		var oldest int64
		if err := c.QueryRow(ctx, oldestRelease).Scan(&oldest); err != nil {
			return 0, fmt.Errorf("read its version: %w", err)
		}
		if known < oldest {
			return 0, fmt.Errorf("it is at version %d and this release knows %d, which is not enough for it: "+
				"a newer release wrote it, use that one, or restore a backup", current, known)
		}
		log.InfoContext(ctx, "a newer release has added to the tables", "version", current, "known", known)
		return known, nil
	}
	if current < known {
		if err := mayMake(ctx, c); err != nil {
			return 0, err
		}
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
