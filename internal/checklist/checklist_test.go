package checklist

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRows_OfTheTablesThatHaveTheColumn(t *testing.T) {
	t.Parallel()
	rows, err := Rows("text\n\n| a | tests |\n| --- | --- |\n| 1 | `TestX`, `TestY/z` |\n\n| b |\n| --- |\n| 2 |\n", "tests")
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "1", rows[0].Cell("a"))
	require.False(t, rows[0].Has("b"))
	require.Equal(t, []string{"TestX", "TestY/z"}, rows[0].Quoted("tests"))

	_, err = Rows("| a | tests |\n| --- | --- |\n| 1 |\n", "tests")
	require.ErrorContains(t, err, "| 1 |")
}

func TestTests_HasNamesAndStrings(t *testing.T) {
	t.Parallel()
	tests, err := Tests(".")
	require.NoError(t, err)
	require.Contains(t, tests["TestTests_HasNamesAndStrings"].Names, "Parallel")
	require.Contains(t, tests["TestTests_HasNamesAndStrings"].Strings, "a string to be found")

	_, err = Tests(t.TempDir())
	require.Error(t, err)
}
