package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/store"
)

// admin answers what operators ask of the running bridge, on its socket:
//
//	GET  /v1/status?org=NAME                      a [StatusReport]
//	POST /v1/release, a [Selection]               a [Woken]
//	POST /v1/retry, a [Selection]                 a [Woken]
//	POST /v1/erase, an [Erasure]                  an [Erased]
//	GET  /v1/history?of=NAME&org=NAME&limit=N     a [History]
//
// Without an org it is all of them. What cannot be done is answered with an
// [AdminError]: 400 if it was asked wrongly, 404 if there is no such user or
// group, 409 if somebody who is to be erased has not left, 500 if the store failed.
type admin struct {
	store store.Store
	orgs  []adminOrg // in the order of the configuration
	log   *slog.Logger
}

// adminOrg is an org with what its dispatcher knows.
type adminOrg struct {
	name     string
	budget   func(context.Context) ([]dispatch.Allowance, error)
	forecast func(context.Context, dispatch.Backlog) (dispatch.Forecast, error)
}

// AdminError is the body of every answer that is no success.
type AdminError struct {
	Message string `json:"error"`
	Hint    string `json:"hint,omitempty"`

	status int
}

// Error implements error.
func (e *AdminError) Error() string { return e.Message }

// wrongUse is an error of whoever asked.
func wrongUse(hint, format string, args ...any) error {
	return &AdminError{Message: fmt.Sprintf(format, args...), Hint: hint, status: http.StatusBadRequest}
}

func (a *admin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /v1/status", a.answer(a.status))
	mux.Handle("POST /v1/release", a.answer(a.release))
	mux.Handle("POST /v1/retry", a.answer(a.retry))
	mux.Handle("POST /v1/erase", a.answer(a.erase))
	mux.Handle("GET /v1/history", a.answer(a.history))
	return mux
}

// answer writes what ask returns as JSON.
func (a *admin) answer(ask func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		body, err := ask(r)
		if err != nil {
			e, ok := errors.AsType[*AdminError](err)
			if !ok {
				e = &AdminError{Message: err.Error(), status: http.StatusInternalServerError}
			}
			status, body = e.status, e
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			a.log.Debug("an operator went away before the answer", "err", err)
		}
	})
}

// only returns the orgs that a request is about: the one of that name, or all.
func (a *admin) only(name string) ([]adminOrg, error) {
	if name == "" {
		return a.orgs, nil
	}
	known := make([]string, len(a.orgs))
	for i, o := range a.orgs {
		if o.name == name {
			return []adminOrg{o}, nil
		}
		known[i] = o.name
	}
	return nil, wrongUse("the configuration of the running bridge has "+strings.Join(known, ", "), "there is no org %q", name)
}

// maxAdminBody is far more than a selection takes.
const maxAdminBody = 64 << 10

// readBody decodes a request. What is not understood is refused: a misspelt
// condition must not become a wider selection.
func readBody(r *http.Request, out any) error {
	d := json.NewDecoder(io.LimitReader(r.Body, maxAdminBody))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		return wrongUse("", "read the request: %v", err)
	}
	return nil
}

// newAdmin returns what answers operators.
func (b *Bridge) newAdmin(cfg Config, st store.Store) *admin {
	a := &admin{store: st, log: b.log}
	for _, d := range b.dispatchers {
		a.orgs = append(a.orgs, adminOrg{name: d.org, budget: d.Budget, forecast: d.Forecast})
	}
	return a
}
