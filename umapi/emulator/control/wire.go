package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// problem is the body of everything that is refused.
type problem struct {
	Error string `json:"error"`
}

// maxBody is how many bytes the body of a request may have.
const maxBody = 64 << 20

// refusal is the status and the message for err.
func refusal(err error) (int, string) {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d MiB; send it in parts", large.Limit>>20)
	}
	return http.StatusBadRequest, err.Error()
}

// refuse says why, all mistakes in one line.
func refuse(w http.ResponseWriter, status int, message string) {
	send(w, status, problem{strings.NewReplacer(":\n", ": ", "\n", "; ").Replace(message)})
}

// write answers 200, or 204 if there is nothing to say.
func write(w http.ResponseWriter, answer any) {
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	send(w, http.StatusOK, answer)
}

// send writes an answer for people: indented, and without escapes for HTML.
func send(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		// Every answer can be written as JSON: the client has left.
		panic(http.ErrAbortHandler)
	}
}

// Decode reads one JSON value. Fields that into does not have are errors. Its
// errors say in plain words what is wrong and where.
func Decode(from io.Reader, into any) error {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return plain(err)
	}
	_, err := d.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return errors.New("there is something after the JSON value")
}

// plain puts an error of encoding/json into words for people who do not know
// Go.
func plain(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("there is no JSON where some is needed")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON ends too early")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("this is not JSON: %w, at byte %d", err, e.Offset)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := fmt.Sprintf("want %s, got %s", inWords(e.Type), article(e.Value))
		if e.Field != "" {
			want = e.Field + ": " + want
		}
		return errors.New(want)
	}
	if text, ok := strings.CutPrefix(err.Error(), "json: "); ok {
		return errors.New(text)
	}
	return err
}

// inWords is what JSON calls a value of t.
func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "an object"
	}
	return "a whole number"
}

// article puts one before what encoding/json calls the value that it found.
func article(found string) string {
	switch {
	case found == "array" || found == "object":
		return "an " + found
	case found == "bool":
		return "true or false"
	case strings.HasPrefix(found, "number "): // "number 1.5"
		return strings.TrimPrefix(found, "number ")
	}
	return "a " + found
}
