package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/scim-bridge/scim-bridge/store/storetest"
)

func FuzzWhere(f *testing.F) {
	storetest.FuzzWhere(f, open(f, filepath.Join(f.TempDir(), "bridge.db")))
}
