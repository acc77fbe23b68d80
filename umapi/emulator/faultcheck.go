package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// check returns everything that is wrong with f, by the names that it has in
// JSON.
func (f *Fault) check() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !matchable(f.Match) {
		wrong("match: %q is not a method and a path, such as POST /v2/usermanagement/action", f.Match)
	}
	if !slices.Contains([]Moment{"", BeforeApply, AfterApply}, f.Moment) {
		wrong("moment: %q is neither %s nor %s", f.Moment, BeforeApply, AfterApply)
	}
	if !(f.Rate >= 0 && f.Rate <= 1) { // as NaN is not
		wrong("rate: %v is not from 0 to 1", f.Rate)
	}
	for _, n := range []struct {
		name     string
		negative bool
		value    any
	}{
		{"retryAfter", f.RetryAfter < 0, f.RetryAfter},
		{"wait", f.Wait < 0, f.Wait},
		{"truncate", f.Truncate < 0, f.Truncate},
		{"step", f.Step < 0, f.Step},
		{"times", f.Times < 0, f.Times},
	} {
		if n.negative {
			wrong("%s: %v is negative", n.name, n.value)
		}
	}
	for name, value := range f.Header {
		switch {
		case !isToken(name) || hasControls(value):
			wrong("header: %q: %q cannot be sent", name, value)
		case slices.Contains([]string{"Content-Length", "Transfer-Encoding"}, http.CanonicalHeaderKey(name)):
			wrong("header: %s cannot be chosen; truncate ends a body early", name)
		}
	}
	if hasControls(f.ContentType) {
		wrong("contentType: %q cannot be sent", f.ContentType)
	}
	if f.Code != "" {
		return errors.Join(append(problems, f.checkCode()...)...)
	}
	return errors.Join(append(problems, f.checkAnswer()...)...)
}

// checkCode returns what is wrong with a fault of single commands.
func (f *Fault) checkCode() []error {
	var problems []error
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"status", f.Status != 0}, {"body", f.Body != ""}, {"contentType", f.ContentType != ""},
		{"header", len(f.Header) > 0}, {"retryAfter", f.RetryAfter != 0}, {"retryAfterDate", f.RetryAfterDate},
		{"wait", f.Wait != 0}, {"truncate", f.Truncate != 0},
	} {
		if field.given {
			problems = append(problems, fmt.Errorf("%s: has no effect with code, which leaves the answer alone", field.name))
		}
	}
	return problems
}

// checkAnswer returns what is wrong with a fault of whole requests.
func (f *Fault) checkAnswer() []error {
	var problems []error
	wrong := func(text string) { problems = append(problems, errors.New(text)) }
	if f.Message != "" {
		wrong("message: has no effect without code")
	}
	if f.Step != 0 {
		wrong("step: has no effect without code")
	}
	if f.Status != 0 && (f.Status < http.StatusOK || f.Status > 599) {
		problems = append(problems, fmt.Errorf("status: %d is not from 200 to 599, or 0 to drop the connection", f.Status))
	}
	if f.Body != "" && f.Status == 0 {
		wrong("body: has no effect without status")
	}
	if f.Body != "" && (f.Status == http.StatusNoContent || f.Status == http.StatusNotModified) {
		problems = append(problems, fmt.Errorf("body: an answer of %d has none", f.Status))
	}
	if f.RetryAfterDate && f.RetryAfter == 0 {
		wrong("retryAfterDate: has no effect without retryAfter")
	}
	if f.Status == 0 && f.Truncate == 0 && (f.ContentType != "" || len(f.Header) > 0 || f.RetryAfter != 0) {
		wrong("contentType, header and retryAfter: have no effect without status, which drops the connection")
	}
	if f.Truncate > 0 && f.Body == "" && !f.genuine() {
		wrong("truncate: needs a body with this status")
	}
	return problems
}

func matchable(match string) bool {
	if match == "" {
		return true
	}
	method, path, ok := strings.Cut(match, " ")
	return ok && method != "" && strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" &&
		strings.HasPrefix(path, "/") && !strings.ContainsAny(path, "?#")
}

// isToken reports whether s can be the name of a header (RFC 9110, section
// 5.6.2).
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) < 0
}

func hasControls(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0
}
