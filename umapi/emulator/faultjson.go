package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// faultFields is a Fault without its methods.
type faultFields Fault

// faultJSON is a Fault with durations as people write them.
type faultJSON struct {
	*faultFields
	RetryAfter string `json:"retryAfter,omitempty"`
	Wait       string `json:"wait,omitempty"`
}

// MarshalJSON leaves out what is zero.
func (f Fault) MarshalJSON() ([]byte, error) {
	wire := faultJSON{faultFields: (*faultFields)(&f)}
	if f.RetryAfter != 0 {
		wire.RetryAfter = f.RetryAfter.String()
	}
	if f.Wait != 0 {
		wire.Wait = f.Wait.String()
	}
	return json.Marshal(wire)
}

// UnmarshalJSON refuses fields that a fault does not have.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var read Fault
	wire := faultJSON{faultFields: (*faultFields)(&read)}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&wire); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			e.Field = strings.TrimPrefix(e.Field, "faultFields.")
		}
		return err
	}
	var problems []error
	for _, field := range []struct {
		name, text string
		into       *time.Duration
	}{{"retryAfter", wire.RetryAfter, &read.RetryAfter}, {"wait", wire.Wait, &read.Wait}} {
		if field.text == "" {
			continue
		}
		d, err := time.ParseDuration(field.text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %q is not a duration, such as 90s or 1h30m", field.name, field.text))
		}
		*field.into = d
	}
	*f = read
	return errors.Join(problems...)
}
