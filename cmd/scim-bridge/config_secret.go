package main

import "log/slog"

// redacted is what a secret shows of itself, however it is printed.
const redacted = "<secret>"

// secret is a value that is never printed: every way to write it out gives
// "<secret>". Its text hangs on a pointer, because fmt does not call the
// methods of a value inside an unexported field and would print the text
// itself; of a pointer it prints the address.
type secret struct{ text *string }

// newSecret returns s as a secret.
func newSecret(s string) secret { return secret{&s} }

// reveal returns the text, empty for the zero value.
func (s secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns "<secret>".
func (s secret) String() string { return redacted }

// GoString returns "<secret>".
func (s secret) GoString() string { return redacted }

// MarshalText returns "<secret>".
func (s secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "<secret>" as a JSON string.
func (s secret) MarshalJSON() ([]byte, error) { return []byte(`"<secret>"`), nil }

// MarshalYAML returns "<secret>".
func (s secret) MarshalYAML() (any, error) { return redacted, nil }

// LogValue returns "<secret>".
func (s secret) LogValue() slog.Value { return slog.StringValue(redacted) }
