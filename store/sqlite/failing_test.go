package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// writeToFailingDisk names the variable that makes the test binary the child of
// TestUpdate_AFailingDiskRefusesWholeWritesAndGoesOnWhenItIsMended.
const writeToFailingDisk = "SCIM_BRIDGE_TEST_WRITE_TO_FAILING_DISK"

// The disk of a process fails where its files may not grow: writes are refused as
// by a disk that became read-only. So there must be a process for it.
func TestUpdate_AFailingDiskRefusesWholeWritesAndGoesOnWhenItIsMended(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), writeToFailingDisk+"="+path)
	out, err := child.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, sound(t.Context(), path))
}

// writeWhileTheDiskFails returns what was not as it should be.
func writeWhileTheDiskFails(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	if failed := createAll(ctx, s, "before"); failed != nil {
		return failed
	}
	mend, err := failDisk()
	if err != nil {
		return err
	}
	if failed := createAll(ctx, s, "failing"); failed == nil || !strings.Contains(failed.Error(), "the disk fails or is read-only") {
		return fmt.Errorf("writes to a failing disk gave %w", failed)
	}
	if _, err := s.User(ctx, "acme", "before0"); err != nil {
		return fmt.Errorf("reads go on: %w", err)
	}
	if err := mend(); err != nil {
		return err
	}
	if failed := createAll(ctx, s, "mended"); failed != nil {
		return failed
	}
	all, err := s.Users(ctx, "acme", filter.Query{}, directory.Page{})
	if err != nil {
		return err
	}
	status, err := s.Status(ctx, "acme")
	if all.Total != 16 || status.Pending[plan.KindUser] != 16 {
		err = errors.Join(err, fmt.Errorf("%d users and %d due rows, want 16", all.Total, status.Pending[plan.KindUser]))
	}
	return errors.Join(err, s.Close())
}

// createAll creates users at once, and returns nil if all were made, what failed if
// none were, and else that some were.
func createAll(ctx context.Context, s *Store, name string) error {
	errs := make(chan error)
	for i := range 8 {
		go func() {
			_, err := s.CreateUser(ctx, "acme", user(fmt.Sprint(name, i)), directory.Origin{})
			errs <- err
		}()
	}
	var failed error
	n := 0
	for range 8 {
		if err := <-errs; err != nil {
			failed = err
			n++
		}
	}
	if n > 0 && n < 8 {
		return fmt.Errorf("%d of 8 failed", n)
	}
	return failed
}

func TestUpdate_ADiskThatHangsIsNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
		require.NoError(t, createAll(t.Context(), s, "before"))
		release := hold(t, s) // as a disk does that takes its time
		began := time.Now()
		require.ErrorIs(t, createAll(t.Context(), s, "hanging"), context.DeadlineExceeded)
		require.Equal(t, relational.AnswerWithin, time.Since(began))
		_, err := s.User(t.Context(), "acme", "before0")
		require.NoError(t, err, "reads go on")
		require.NoError(t, release())
		require.NoError(t, createAll(t.Context(), s, "after"))
		all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
		require.NoError(t, err)
		require.Equal(t, 16, all.Total, "what was given up is not done later")
	})
}

func TestRead_OfADamagedFileSaysSoAndNothingElse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	s, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	const users = 200
	for i := range users {
		u := user(fmt.Sprint(i))
		u.Document = fmt.Appendf(nil, `{"userName": "%d@example.com", "title": "%s"}`, i, strings.Repeat("x", 3000))
		_, err := s.CreateUser(t.Context(), "acme", u, directory.Origin{})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := len(file) / 2; i < len(file)*3/4; i++ {
		file[i] = 0xaa
	}
	require.NoError(t, os.WriteFile(path, file, 0o600))

	s = open(t, path)
	damaged := 0
	for i := range users {
		if _, err := s.User(t.Context(), "acme", fmt.Sprint(i)); err != nil {
			require.ErrorContains(t, err, "it is damaged, restore a backup")
			damaged++
		}
	}
	require.Positive(t, damaged)
	require.Less(t, damaged, users)
	_, err = s.Users(t.Context(), "acme", filter.Query{}, directory.Page{Start: 1, Count: users})
	require.ErrorContains(t, err, "it is damaged, restore a backup")
}
