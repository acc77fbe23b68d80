package umapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCodes_EachHasAClassAndAHint(t *testing.T) {
	t.Parallel()
	n, last := 0, ""
	for code, info := range Codes() {
		n++
		assert.Less(t, last, code, "alphabetical order")
		last = code
		assert.Contains(t, []CodeClass{CodePermanent, CodeReread, CodeNeedsPerson, CodeTransient}, info.Class, code)
		assert.Greater(t, len(info.Hint), 30, code)
		assert.True(t, strings.HasSuffix(info.Hint, "."), code)
		got, known := Lookup(code)
		assert.True(t, known, code)
		assert.Equal(t, info, got, code)
	}
	require.Equal(t, len(userCodes)+len(commandCodes)+len(groupCodes)+len(platformCodes), n, "a code stands in two tables")
}

func TestCodes_OnlyWhatIsTriedAgainSaysSo(t *testing.T) {
	t.Parallel()
	for code, info := range Codes() {
		if info.Class == CodePermanent || info.Class == CodeNeedsPerson {
			assert.NotContains(t, info.Hint, "tried again", code)
		}
	}
}

func TestLookup_ClassesThatTheEngineLivesBy(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]CodeClass{
		"error.user.nonexistent":                      CodeReread,
		"error.usergroup.already_exists":              CodeReread,
		"error.group.not_found":                       CodeReread,
		"error.country.invalid":                       CodePermanent,
		"error.command.add_remove.list_too_long":      CodePermanent,
		"error.domain.trust.nonexistent":              CodeNeedsPerson,
		"error.usergroup.readonly.remove_not_allowed": CodeNeedsPerson,
		"error.throttled_by_external_service":         CodeTransient,
		"error.internal.create_failed":                CodeTransient,
		"plc.not_found":                               CodePermanent,
		"error.plc.not_found":                         CodePermanent,
	} {
		info, known := Lookup(code)
		assert.True(t, known, code)
		assert.Equal(t, want, info.Class, code)
	}
}

func TestLookup_AnUnknownCodeIsTransientAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"error.user.new_in_2031", "", "error."} {
		info, known := Lookup(code)
		require.False(t, known)
		require.Equal(t, CodeTransient, info.Class)
		require.Contains(t, info.Hint, "not known")
	}
}
