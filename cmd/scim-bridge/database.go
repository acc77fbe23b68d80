package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"syscall"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/postgres"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
)

// database is what store names: a SQLite file, or the URL of a PostgreSQL
// database, which may hold a password.
type database struct {
	file string
	url  string
}

// open opens the database and brings its tables to the present.
func (d database) open(ctx context.Context, log *slog.Logger) (store.Store, error) {
	if d.url != "" {
		s, err := postgres.Open(ctx, d.url, postgres.Options{Log: log})
		if err != nil {
			return nil, d.hint(err) // and no store that is not nil
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, d.file, sqlite.Options{Log: log})
	if err != nil {
		return nil, d.hint(err)
	}
	return s, nil
}

// hint adds what to do where a server refuses or a file cannot be opened. Other
// errors of a database bring their advice along.
func (d database) hint(err error) error {
	if d.url != "" {
		if hint := postgres.Hint(err); hint != "" {
			return hinted{err, hint}
		}
		return err
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return hinted{err, "the folder of " + d.file + " must exist, and this user must be able to write in it"}
	}
	return err
}

// socket is where the bridge that has the database open listens for operators:
// beside the file, so that whoever may open the folder may operate, and no two
// bridges share it. Where there is no file it is in the working directory, with
// a name that is made of the URL without its password.
func (d database) socket() string {
	if d.url == "" {
		return d.file + ".sock"
	}
	name := d.url
	if u, err := url.Parse(d.url); err == nil && u.User != nil {
		u.User = url.User(u.User.Username())
		name = u.String()
	}
	sum := sha256.Sum256([]byte(name))
	return "scim-bridge-" + hex.EncodeToString(sum[:6]) + ".sock"
}

// loadDatabase reads where the database is; what else is in the configuration
// need not be right.
func loadDatabase(file string, lookupEnv func(string) (string, bool)) (database, error) {
	return loadOne(file, lookupEnv, "store", func(c *checker, k fileConfig) database { return c.store("store", k.Store) })
}

// loadFile reads the path of the database for what works on files.
func loadFile(config string, lookupEnv func(string) (string, bool)) (string, error) {
	d, err := loadDatabase(config, lookupEnv)
	if err == nil && d.url != "" {
		err = hinted{usagef("store names a PostgreSQL database, and this works on files"), "use pg_dump, which makes a copy while the bridge runs, and pg_restore"}
	}
	return d.file, err
}
