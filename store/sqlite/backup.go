package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Backup copies the database at path, whether or not a process has it open, to a
// file that does not exist yet: as it is at one moment, whole, and readable by this
// user alone. Writes go on meanwhile; those of that time wait in the log beside the
// database, which grows. The file has its name only once it is complete and on
// disk.
func Backup(ctx context.Context, path, to string) error {
	empty, err := identify(path)
	if err == nil && empty {
		err = fmt.Errorf("there is no database: %w", fs.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("back up database: %s: %w", path, err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up database: %s: %w: a backup overwrites nothing", to, errors.Join(err, fs.ErrExist))
	}
	part := to + ".part"
	if err := copyTo(ctx, path, part); err != nil {
		return fmt.Errorf("back up database: %s: %w", path, err)
	}
	if err := os.Rename(part, to); err != nil {
		return fmt.Errorf("back up database: %w", err)
	}
	return syncFolder(to)
}

// copyTo writes a database anew into a file that must not exist, looks whether the
// copy is sound, and removes it if it is not.
func copyTo(ctx context.Context, path, to string) (err error) {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // it holds personal data
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: another one is being written, or was broken off: remove it then", err)
	}
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(advise(err), os.Remove(to))
		}
	}()
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?1", to)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := sound(ctx, to); err != nil {
		return err
	}
	return f.Sync() // SQLite leaves that to us
}

// sound returns an error if a database is damaged.
func sound(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return advise(err)
	}
	if said != "ok" {
		return fmt.Errorf("it is damaged, use an earlier backup: %s", said)
	}
	return nil
}

// Restore puts a backup in the place of the database at path, which no process may
// have open, and brings it to the present. What was there stays beside it, under
// the name that is returned, or none if nothing was. Killed at any point it
// leaves the old one or the new one, if need be under that name, and may be run again.
//
// Since Adobe, and the provider, went on after the backup, nothing that the
// mirror says is believed, and nothing is sent until a person or the provider says
// so: see doubt.
func Restore(ctx context.Context, from, path string, now time.Time) (kept string, err error) {
	file, err := lock(path)
	if err != nil {
		return "", fmt.Errorf("restore database: %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	part := path + ".restoring"
	if err := prepare(ctx, from, part, now); err != nil {
		return "", fmt.Errorf("restore database: %s: %w", from, err)
	}
	kept = path + ".before-" + now.UTC().Format("20060102T150405.000Z")
	moved, err := moveAside(path, kept)
	if err == nil {
		err = os.Rename(part, path)
	}
	if err == nil {
		err = syncFolder(path)
	}
	if err != nil {
		return "", fmt.Errorf("restore database: %w", err)
	}
	if !moved {
		kept = ""
	}
	return kept, nil
}

// prepare makes of a backup what will be the database.
func prepare(ctx context.Context, from, part string, now time.Time) error {
	empty, err := identify(from)
	if err == nil && empty {
		err = fmt.Errorf("there is no backup: %w", fs.ErrNotExist)
	}
	if err == nil {
		err = sound(ctx, from)
	}
	if err != nil {
		return err
	}
	// What is there was left by one that was killed: the lock is ours.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(part + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := copyTo(ctx, from, part); err != nil {
		return err
	}
	s, err := Open(ctx, part, Options{})
	if err != nil {
		return err
	}
	err = s.Doubt(ctx, now)
	return errors.Join(err, s.Close(), os.Remove(part+".lock"))
}

// moveAside renames a database, and reports whether there was one. Its log goes
// first: it must never be found beside another database.
func moveAside(path, to string) (bool, error) {
	moved := false
	for _, suffix := range []string{"-wal", "-shm", ""} {
		err := os.Rename(path+suffix, to+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		moved = err == nil
	}
	return moved, nil
}

// syncFolder puts the name of a file on disk.
func syncFolder(path string) error {
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	_ = f.Sync()    // not every system can
	return nil
}
