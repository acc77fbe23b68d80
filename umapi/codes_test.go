package umapi

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCodes_EachIsExplainedInFull(t *testing.T) {
	t.Parallel()
	n, last := 0, ""
	for code, info := range Codes() {
		n++
		assert.Less(t, last, code, "alphabetical order")
		last = code
		assert.Contains(t, []Topic{TopicUser, TopicUserGroup, TopicListed, TopicMembership, TopicCommand, TopicService}, info.Topic, code)
		assert.Contains(t, []CodeClass{CodePermanent, CodeReread, CodeNeedsPerson, CodeTransient}, info.Class, code)
		assert.Contains(t, []Effect{EffectNone, EffectAbsent, EffectPresent, EffectStale, EffectUncertain}, info.Effect, code)
		assert.Regexp(t, `^[A-Z][^|]+\.$`, info.Meaning, code)
		assert.Regexp(t, `^[A-Z][^|]{30,}\.$`, info.Hint, code)
		got, known := Lookup(code)
		assert.True(t, known, code)
		assert.Equal(t, info, got, code)
	}
	require.Equal(t, len(userCodes)+len(commandCodes)+len(groupCodes)+len(serviceCodes), n, "a code stands in two tables")
}

// Somewhere to go: a page of Adobe's, the identity provider, a key of the
// configuration, or nowhere.
func TestCodes_EachHintSaysWhere(t *testing.T) {
	t.Parallel()
	where := regexp.MustCompile(`Admin Console|Developer Console|status\.adobe\.com|identity provider|\b(adobe|mapping)\.[a-z_]+|Report it|nothing needs to be done`)
	for code, info := range Codes() {
		assert.Regexp(t, where, info.Hint, code)
	}
}

func TestCodes_OnlyWhatIsTriedAgainSaysSo(t *testing.T) {
	t.Parallel()
	for code, info := range Codes() {
		if info.Class == CodePermanent || info.Class == CodeNeedsPerson {
			assert.NotContains(t, info.Hint, "tried again", code)
		}
	}
}

func TestCodes_EffectsFitTheirClass(t *testing.T) {
	t.Parallel()
	fits := map[CodeClass][]Effect{
		CodePermanent:   {EffectNone, EffectAbsent},
		CodeNeedsPerson: {EffectNone, EffectAbsent},
		CodeReread:      {EffectAbsent, EffectPresent, EffectStale},
		CodeTransient:   {EffectUncertain, EffectNone},
	}
	for code, info := range Codes() {
		assert.Contains(t, fits[info.Class], info.Effect, code)
		if info.Topic == TopicCommand {
			assert.Equal(t, EffectNone, info.Effect, "%s: what was not understood was not done", code)
		}
		if strings.HasPrefix(code, "error.internal.") {
			assert.Equal(t, EffectUncertain, info.Effect, code)
		}
	}
}

func TestLookup_WhatTheEngineLivesBy(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		topic  Topic
		class  CodeClass
		effect Effect
	}{
		"error.user.nonexistent":                      {TopicUser, CodeReread, EffectAbsent},
		"error.user.not_found":                        {TopicUser, CodeReread, EffectAbsent},
		"error.user.already_in_org":                   {TopicUser, CodeReread, EffectPresent},
		"error.user.already_exists":                   {TopicMembership, CodeReread, EffectPresent},
		"error.usergroup.already_exists":              {TopicUserGroup, CodeReread, EffectPresent},
		"error.usergroup.not_found":                   {TopicUserGroup, CodeReread, EffectAbsent},
		"error.usergroup.user_list.invalid":           {TopicMembership, CodeReread, EffectStale},
		"error.group.not_found":                       {TopicListed, CodeReread, EffectAbsent},
		"error.country.invalid":                       {TopicUser, CodePermanent, EffectNone},
		"error.command.add_remove.list_too_long":      {TopicCommand, CodePermanent, EffectNone},
		"error.domain.trust.nonexistent":              {TopicUser, CodeNeedsPerson, EffectNone},
		"error.user.not_in_org":                       {TopicUser, CodeNeedsPerson, EffectNone},
		"error.usergroup.readonly.remove_not_allowed": {TopicUserGroup, CodeNeedsPerson, EffectNone},
		"error.throttled_by_external_service":         {TopicService, CodeTransient, EffectUncertain},
		"error.organization.migrating":                {TopicService, CodeTransient, EffectNone},
		"error.internal.create_failed":                {TopicUser, CodeTransient, EffectUncertain},
		"error.group.remove_failed":                   {TopicMembership, CodeTransient, EffectUncertain},
		"plc.not_found":                               {TopicListed, CodePermanent, EffectAbsent},
		"error.plc.not_found":                         {TopicListed, CodePermanent, EffectAbsent},
	} {
		info, known := Lookup(code)
		assert.True(t, known, code)
		assert.Equal(t, want.topic, info.Topic, code)
		assert.Equal(t, want.class, info.Class, code)
		assert.Equal(t, want.effect, info.Effect, code)
	}
}

func TestLookup_AnUnknownCodeIsTransientAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"error.user.new_in_2031", "", "error."} {
		info, known := Lookup(code)
		require.False(t, known)
		require.Equal(t, CodeTransient, info.Class)
		require.Equal(t, EffectUncertain, info.Effect)
		require.Contains(t, info.Hint, "not known")
	}
}
