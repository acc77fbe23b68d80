package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// The codes are written where they arise; the table explains them.
func TestOwnCodes_AreThoseThatTheCodeHolds(t *testing.T) {
	t.Parallel()
	inCode := map[string]bool{}
	for _, dir := range []string{".", "../mapping", "../dispatch"} {
		files, err := filepath.Glob(dir + "/*.go")
		require.NoError(t, err)
		for _, file := range files {
			if file != "codes.go" && !strings.HasSuffix(file, "_test.go") {
				codesIn(t, file, inCode)
			}
		}
	}
	explained := map[string]bool{}
	for code := range plan.OwnCodes() {
		explained[code] = true
	}
	require.Equal(t, inCode, explained)
}

var ownCode = regexp.MustCompile(`^bridge(\.[a-z_]+)+$`)

// codesIn notes the codes among the strings of a source file.
func codesIn(t *testing.T, file string, codes map[string]bool) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			if ownCode.MatchString(s) {
				codes[s] = true
			}
		}
		return true
	})
}

func TestOwnCodes_EachIsExplainedInFull(t *testing.T) {
	t.Parallel()
	for code, info := range plan.OwnCodes() {
		assert.Regexp(t, `^[A-Z][^|]+\.$`, info.Meaning, code)
		assert.Regexp(t, `^[A-Z][^|]+\.$`, info.Hint, code)
		assert.Contains(t, []umapi.CodeClass{umapi.CodePermanent, umapi.CodeNeedsPerson, umapi.CodeTransient}, info.Class, code)
		_, known := umapi.Lookup(code)
		assert.False(t, known, code)
	}
}
