package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

var _ store.Store = (*Store)(nil)

// open opens a database that is closed with the test.
func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, filepath.Join(t.TempDir(), "bridge.db")) })
}

// leaseOf takes the lease of acme.
func leaseOf(t testing.TB, s *Store) *lease.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	return l
}
