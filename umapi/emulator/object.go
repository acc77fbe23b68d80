package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// field is one member of a JSON object.
type field struct {
	key   string
	value json.RawMessage
}

// readObject takes an object apart without losing what a Go map would: the
// order of its keys, and keys that are there twice. ok is false for anything
// that is not an object.
func readObject(raw json.RawMessage) (fields []field, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, false
		}
		key, _ := t.(string)
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, false
		}
		fields = append(fields, field{key, value})
	}
	return fields, true
}

// readArray returns the elements of an array; ok is false for anything else.
func readArray(raw json.RawMessage) (elements []json.RawMessage, ok bool) {
	if err := json.Unmarshal(raw, &elements); err != nil || elements == nil {
		return nil, false
	}
	return elements, true
}

// readString returns a string; ok is false for anything else, null included.
func readString(raw json.RawMessage) (string, bool) {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", false
	}
	return *s, true
}

// readBool returns a boolean; ok is false for anything else, null included.
func readBool(raw json.RawMessage) (value, ok bool) {
	var b *bool
	if err := json.Unmarshal(raw, &b); err != nil || b == nil {
		return false, false
	}
	return *b, true
}

// maxString is the length in characters of any string that has no other limit.
const maxString = 250

// problem is why a command, or a step of it, is not done.
type problem struct {
	code    string
	message string
	// foreign is set when the request holds something that the service does
	// not know, which a client should never send.
	foreign bool
}

func newProblem(code, format string, args ...any) *problem {
	return &problem{code: code, message: fmt.Sprintf(format, args...)}
}

func foreign(code, format string, args ...any) *problem {
	p := newProblem(code, format, args...)
	p.foreign = true
	return p
}

// limit checks the length of a string.
func limit(name, value string, length int) *problem {
	if utf8.RuneCountInString(value) <= length {
		return nil
	}
	return newProblem("error.command.string.too_long",
		"String too long in command for field: %s, max length %d", name, length)
}
