package search_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/search"
)

func TestArgs_UsedLeavesOutWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	args := search.NewArgs(nil, "acme")
	named := make(map[int]string)
	for i := range 11 {
		named[i] = args.Add(i)
	}
	require.Equal(t, "$2", named[0])
	statement, values := args.Used("org = $1 AND (n < " + named[10] + " OR n = " + named[3] + " OR org = $1)")
	require.Equal(t, "org = $1 AND (n < $2 OR n = $3 OR org = $1)", statement)
	require.Equal(t, []any{"acme", 10, 3}, values)
}
