package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// applicationID marks a database file as the bridge's, "scbr" in ASCII. It
// stands in the header of the file (section 1.3.16 of SQLite's file format).
const applicationID = 0x73636272

// Where the header says what the file is, see "Database File Format".
const (
	headerSize          = 100
	headerMagic         = "SQLite format 3\x00"
	applicationIDOffset = 68
)

// lockPatience is how long a lock is waited for. A supervisor starts the next process
// as soon as the last was killed, and on a busy machine that one has hardly ended.
const lockPatience = time.Second

// lock takes the file's lock, or refuses with advice. What it returns frees it.
func lock(path string) (*os.File, error) {
	name := path + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	ok, err := tryLock(f)
	for deadline := time.Now().Add(lockPatience); err == nil && !ok && time.Now().Before(deadline); {
		time.Sleep(lockPatience / 50)
		ok, err = tryLock(f)
	}
	if err == nil && !ok {
		err = errors.New("another process has it open: stop that one first, or name another file in store")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock: %w", err), f.Close())
	}
	return f, nil
}

// identify reports whether the database is still to be made, and refuses a file
// that is not the bridge's. It only reads, so that such a file stays as it is.
func identify(path string) (empty bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	header := make([]byte, headerSize)
	switch n, err := io.ReadFull(f, header); {
	case n == 0 && errors.Is(err, io.EOF):
		return true, nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return false, err
	}
	if !bytes.HasPrefix(header, []byte(headerMagic)) {
		return false, errors.New("it is no SQLite database, or its beginning is damaged: " +
			"name another file in store, or restore a backup")
	}
	if id := binary.BigEndian.Uint32(header[applicationIDOffset:]); id != applicationID {
		return false, fmt.Errorf("it belongs to another program (application id %#x): name another file in store", id)
	}
	return false, nil
}
