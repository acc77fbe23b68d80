// Package exchange reads the requests of stories in testdata and the answers
// that they expect, and compares. It is for tests.
//
// A request is a method with a target, headers, an empty line and a body:
//
//	PATCH /Groups/{{sales}}
//	Accept: application/json
//
//	{"Operations": [...]}
//
// An answer is a status, headers that it must have, and JSON that is part of its
// body: objects may have more members, null is a member that is not there, and
// lists are as long and hold the same in any order. A 204 or 304 has no body.
// {{sales}} in an answer stands for whatever is there the first time, and for
// the same from then on, in requests too.
package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// Request is one request of a story.
type Request struct {
	Method, Target, Body string
	Header               http.Header
}

// ParseRequest reads a request as the package comment shows it.
func ParseRequest(data []byte) (Request, error) {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.Clone(data), '\n'))))
	line, err := r.ReadLine()
	if err != nil {
		return Request{}, err
	}
	method, target, ok := strings.Cut(line, " ")
	if !ok || !strings.HasPrefix(target, "/") {
		return Request{}, fmt.Errorf("%q: want a method and a path such as /Users", line)
	}
	header, err := r.ReadMIMEHeader()
	if err != nil {
		return Request{}, fmt.Errorf("after %q: want headers, then an empty line: %w", line, err)
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(r.R)
	return Request{Method: method, Target: target, Header: http.Header(header), Body: strings.TrimSpace(body.String())}, err
}

// Filled is the request with values in the place of names.
func (r Request) Filled(n Names) (Request, error) {
	var err error
	if r.Target, err = n.Fill(r.Target); err != nil {
		return r, err
	}
	header := http.Header{}
	for name, values := range r.Header {
		for _, v := range values {
			if v, err = n.Fill(v); err != nil {
				return r, err
			}
			header[name] = append(header[name], v)
		}
	}
	r.Header = header
	r.Body, err = n.Fill(r.Body)
	return r, err
}

// Response is the answer that a story expects.
type Response struct {
	Status int
	Header http.Header
	// Body is the JSON, nil if any will do.
	Body any
}

// ParseResponse reads an answer as the package comment describes it.
func ParseResponse(text string) (Response, error) {
	first, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	status, err := strconv.Atoi(first)
	if err != nil {
		return Response{}, fmt.Errorf("%q: want a status such as 201", first)
	}
	r := Response{Status: status, Header: http.Header{}}
	for {
		line, after, _ := strings.Cut(rest, "\n")
		name, value, ok := strings.Cut(line, ": ")
		if !ok || strings.ContainsAny(name, "{[\" ") {
			break
		}
		r.Header.Add(name, strings.TrimSpace(value))
		rest = after
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return r, nil
	}
	return r, json.Unmarshal([]byte(rest), &r.Body)
}

// Check returns an error unless an answer is the one that the story expects.
func (r Response) Check(n Names, status int, header http.Header, body string) error {
	if status != r.Status {
		return fmt.Errorf("want status %d, got %d: %s", r.Status, status, body)
	}
	if body != "" && (status == http.StatusNoContent || status == http.StatusNotModified) {
		return fmt.Errorf("a %d has a body: %s", status, body)
	}
	if r.Body != nil {
		var got any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			return fmt.Errorf("%w: %s", err, body)
		}
		if err := n.match("", r.Body, got); err != nil {
			return fmt.Errorf("%w: in %s", err, body)
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		errs = append(errs, n.matchText(name, r.Header.Get(name), header.Get(name)))
	}
	return errors.Join(errs...)
}
