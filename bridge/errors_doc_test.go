package bridge

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

const errorsDocument = "../docs/errors.md"

// TestErrorsDocument compares docs/errors.md with the tables that the program
// works by; with -update it writes the document.
func TestErrorsDocument(t *testing.T) {
	t.Parallel()
	want := errorsPage()
	if *update {
		require.NoError(t, os.WriteFile(errorsDocument, []byte(want), 0o644))
	}
	got, err := os.ReadFile(errorsDocument)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "docs/errors.md is not what the tables say: run go test ./bridge -run TestErrorsDocument -update")
}

func errorsPage() string {
	var b strings.Builder
	b.WriteString(errorsIntroduction)
	for _, s := range []struct {
		class umapi.CodeClass
		title string
		text  string
	}{
		{umapi.CodeTransient, "What may pass", "The bridge tries again by itself, further and further apart. When the attempts have run out the row fails."},
		{umapi.CodeReread, "What Adobe has otherwise", "Adobe holds something else than the bridge believed, because somebody changed it there or an answer was lost. " +
			"The bridge corrects its picture and goes on by itself. What does not end so fails when the attempts have run out."},
		{umapi.CodeNeedsPerson, "What needs a person", "Something outside the user or group is in the way. It fails, and is tried again when the user, the group or the configuration changes."},
		{umapi.CodePermanent, "What can never succeed as it is", "It fails, and is tried again when the user, the group or the configuration changes."},
	} {
		fmt.Fprintf(&b, "\n## Adobe's codes: %s\n\n%s\n\n", lowerFirst(s.title), s.text)
		table(&b, "Code", "It means", "The bridge", "What to do")
		for code, info := range umapi.Codes() {
			if info.Class == s.class {
				row(&b, spelled(code), info.Meaning, does(info), info.Hint)
			}
		}
	}
	writeUnknownCode(&b)
	writeOwnCodes(&b)
	writeWholeCalls(&b)
	return b.String()
}

const errorsIntroduction = `# Errors

<!-- Written by TestErrorsDocument in package bridge: go test ./bridge -run TestErrorsDocument -update -->

What can stand between a change in the identity provider and Adobe. None of it ever fails a SCIM
request: it becomes the state of the user or group, in ` + "`sync`" + ` of the extension
` + "`urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User`" + ` (or ` + "`…:Group`" + `). Its ` + "`state`" + ` is
` + "`pending`" + ` while the bridge tries again and ` + "`failed`" + ` when it waits for something to change; its ` + "`detail`" + ` begins
with one of the codes below, followed by Adobe's own message and by what to do.

- ` + "`error.…`" + ` and ` + "`plc.…`" + ` are Adobe's. They are about one command, in an answer that may have been good for others.
- ` + "`bridge.…`" + ` are the bridge's own.
- What is wrong with a whole call, and with the credentials, stands in the log: see the end.
`

// spelled is a code as it is seen. Adobe's list leaves a prefix out that its
// answers have.
func spelled(code string) string {
	if strings.HasPrefix(code, "error.") {
		return "`" + code + "`"
	}
	return "`" + code + "`, `error." + code + "`"
}

// does says what the bridge does about a code, as package plan decides it.
func does(info umapi.CodeInfo) string {
	of := func(subject, listed string) string {
		if info.Topic == umapi.TopicMembership || info.Topic == umapi.TopicListed {
			return listed
		}
		return subject
	}
	switch info.Class {
	case umapi.CodePermanent, umapi.CodeNeedsPerson:
		return of("Changes nothing in its picture; it fails.", "Tries each entry of the list by itself; the one that is to blame fails.")
	}
	switch info.Effect {
	case umapi.EffectUncertain:
		return "Takes it for done or not, and sends it again."
	case umapi.EffectAbsent:
		return of("Takes a removal for done; else reads what is there first.", "Tries each entry of the list by itself.")
	case umapi.EffectPresent:
		if info.Topic == umapi.TopicUserGroup {
			return "Adopts the group."
		}
		return of("Reads what is there first.", "Tries each entry of the list by itself, and takes it for done.")
	case umapi.EffectStale:
		return of("Reads what is there first.", "Tries each entry of the list by itself, and takes it for done.")
	}
	return "Changes nothing in its picture, and sends it again."
}

func writeUnknownCode(b *strings.Builder) {
	const unknown = "error.of.tomorrow"
	info, _ := umapi.Lookup(unknown)
	fmt.Fprintf(b, `
## Codes that are not here

Adobe adds codes without notice. One that stands in none of the tables is treated like what may pass. Each answer that
has one leaves a warning in the log, with the code, the organisation and how often it has come since the start.

`)
	table(b, "Code", "It means", "The bridge", "What to do")
	row(b, "any other", info.Meaning, does(info), info.Hint)
}

func writeOwnCodes(b *strings.Builder) {
	fmt.Fprintf(b, "\n## The bridge's own codes\n\nWhat has one of these was not sent to Adobe, not taken by it, or not answered.\n\n")
	table(b, "Code", "It means", "The bridge", "What to do")
	for code, info := range plan.OwnCodes() {
		then := "Fails it, until the user, the group or the configuration changes."
		if info.Class == umapi.CodeTransient {
			then = "Waits, and tries again."
		}
		if strings.HasPrefix(code, "bridge.brake.") || code == "bridge.restored" {
			then = "Holds it, until a person lets it go or the provider takes it back."
		}
		row(b, "`"+code+"`", info.Meaning, then, info.Hint)
	}
}

func writeWholeCalls(b *strings.Builder) {
	fmt.Fprintf(b, `
## Whole calls

A call that Adobe does not take at all says nothing about the commands in it: no attempt is counted, unless the call
held a single one. The log says so once for each change of cause, with the X-Request-Id that Adobe's support asks for.

`)
	table(b, "Answer", "Class", "The bridge", "What to do")
	status := func(status int) error { return &umapi.Error{Status: status} }
	for _, c := range []struct {
		what     string
		err      error
		then, do string
	}{
		{"400, 413", status(http.StatusBadRequest), "Sends smaller calls until the command that is to blame stands alone; that one fails.", "Look at `sync` of the user or group that failed."},
		{"no token", umapi.ErrDenied, "The organisation pauses; it tries again every few minutes, and reads the secret anew.",
			"Compare adobe.client_id, the secret and adobe.org_id with the credential in the Adobe Developer Console."},
		{"401", status(http.StatusUnauthorized), "Asks for another token once. Then as without a token.", "As without a token."},
		{"403", status(http.StatusForbidden), "As without a token.", "Add the User Management API to the credential's project in the Adobe Developer Console."},
		{"404, a redirect", status(http.StatusNotFound), "As without a token.", "Correct adobe.url or adobe.ims_url; or something between here and Adobe answers in its place."},
		{"429", status(http.StatusTooManyRequests), "Waits for as long as Adobe says, which can be more than an hour, also over a restart.",
			"Nothing, unless it is frequent: then something else uses the same credential, or adobe.actions_per_minute is too high."},
		{"5xx, 408, no answer", status(http.StatusBadGateway), "Takes what was in the call for done or not. Sends again what is harmless to repeat, and reads the rest first.", "Nothing; status.adobe.com shows outages."},
		{"no connection", &umapi.Error{Outcome: umapi.OutcomeNotSent, Err: errors.New("refused")}, "Tries again, since nothing was sent.", "Check the network and the proxy between here and Adobe."},
	} {
		row(b, c.what, string(umapi.ClassOf(c.err)), c.then, c.do)
	}
}

func table(b *strings.Builder, columns ...string) {
	row(b, columns...)
	fmt.Fprintf(b, "|%s\n", strings.Repeat(" --- |", len(columns)))
}

func row(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
