package umapi

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// CodeClass is what the error of one command means for that command.
type CodeClass string

// The classes of codes. They are a judgement: the documentation lists codes
// and says nothing about trying again.
const (
	// CodePermanent: the command fails again until its content changes.
	CodePermanent CodeClass = "permanent"
	// CodeReread: Adobe holds something else than was believed. Read it, then
	// decide anew; what was wanted may be so already.
	CodeReread CodeClass = "reread"
	// CodeNeedsPerson: something outside the command is in the way, and a
	// person must change it.
	CodeNeedsPerson CodeClass = "needs-person"
	// CodeTransient: try again later.
	CodeTransient CodeClass = "transient"
)

// Effect is what an error tells about what Adobe holds: what becomes of a
// picture of it that somebody keeps. It is about the step that failed. As the
// classes are, it is a judgement.
type Effect string

// The effects of a failed step.
const (
	// EffectNone: nothing was changed. What was believed may still be believed.
	EffectNone Effect = "none"
	// EffectAbsent: what the code is about is not there.
	EffectAbsent Effect = "absent"
	// EffectPresent: what the code is about is there already.
	EffectPresent Effect = "present"
	// EffectStale: Adobe holds something else than was believed, and the code
	// does not say what. Read it.
	EffectStale Effect = "stale"
	// EffectUncertain: the step may have been done, wholly, partly or not. Send
	// it again if it is repeat-safe, else read first.
	EffectUncertain Effect = "uncertain"
)

// Topic is what a code is about.
type Topic string

// The topics of codes.
const (
	// TopicUser: a user. Under a user that is the root of the command; under a
	// user group it is one of those listed.
	TopicUser Topic = "user"
	// TopicUserGroup: the user group that is the root of the command.
	TopicUserGroup Topic = "user group"
	// TopicListed: a group, profile or role that a step lists.
	TopicListed Topic = "listed"
	// TopicMembership: the membership of a user in what a step lists.
	TopicMembership Topic = "membership"
	// TopicCommand: the form of the command.
	TopicCommand Topic = "command"
	// TopicService: what all commands have in common: the organization, the
	// credential, the service.
	TopicService Topic = "service"
)

// CodeInfo explains an error code.
type CodeInfo struct {
	Topic  Topic
	Class  CodeClass
	Effect Effect
	// Meaning says in one sentence what Adobe says with it.
	Meaning string
	// Hint tells an operator of scim-bridge what to do, in one or two plain
	// sentences: it names that program's configuration, and what it does next.
	Hint string
}

// unknownCode is what a code means that is not in the table: the service may
// have learnt a new one.
var unknownCode = CodeInfo{
	TopicCommand, CodeTransient, EffectUncertain, "Not known here.",
	"This code is not known here. It is tried again; " +
		"if it stays, read Adobe's message beside it and look the code up in the User Management API's error reference.",
}

// Lookup explains the code of a [CommandError]. For a code that it does not
// know it returns false and an explanation that says so, of class
// [CodeTransient] and effect [EffectUncertain].
func Lookup(code string) (CodeInfo, bool) {
	info, ok := codes[code]
	if !ok {
		// Live answers carry the prefix that the list of codes leaves out.
		info, ok = codes[strings.TrimPrefix(code, "error.")]
	}
	if !ok {
		return unknownCode, false
	}
	return info, true
}

// Codes yields every known code with its explanation, in alphabetical order.
func Codes() iter.Seq2[string, CodeInfo] {
	return func(yield func(string, CodeInfo) bool) {
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			if !yield(code, codes[code]) {
				return
			}
		}
	}
}

// codes is the one list of error codes that can stand inside an answer of 200,
// as ErrorRef names them and as answers were seen to hold them.
var codes = merge(userCodes, commandCodes, groupCodes, serviceCodes)

func merge(tables ...map[string]CodeInfo) map[string]CodeInfo {
	all := make(map[string]CodeInfo)
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}
