package umapi

import (
	"errors"
	"net/url"
	"strings"
)

// scrub takes secrets out of a text that came from elsewhere, in the form they
// have and in the one they have in a form body.
func scrub(s string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "<secret>")
			s = strings.ReplaceAll(s, url.QueryEscape(secret), "<secret>")
		}
	}
	return s
}

// clean makes a text of the service fit for errors and logs. The secrets go
// first: one that was cut short would not be found any more.
func clean(s string, secrets ...string) string { return clip(scrub(s, secrets...)) }

// scrubError returns err, or if its text holds a secret an error with the text
// alone.
func scrubError(err error, secrets ...string) error {
	text := err.Error()
	if clean := scrub(text, secrets...); clean != text {
		return errors.New(clean)
	}
	return err
}

// withoutURL takes off what net/http puts around an error: the URL, which for a
// read holds the e-mail of a person.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
