package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDatabase_AFolderThatCannotBeWrittenIsSaidSo(t *testing.T) {
	t.Parallel()
	d := database{file: filepath.Join(t.TempDir(), "none", "bridge.db")}
	_, err := d.open(t.Context(), nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, err := range []error{err, syscall.EROFS, syscall.EACCES} {
		h, ok := errors.AsType[hinted](d.hint(fmt.Errorf("lock: %w", &fs.PathError{Op: "open", Path: d.file, Err: err})))
		require.True(t, ok, err)
		require.Contains(t, h.hint, "must exist, and this user must be able to write in it")
	}
	require.Equal(t, fs.ErrClosed, d.hint(fs.ErrClosed))
}
