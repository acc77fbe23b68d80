package umapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Client talks to the User Management API for one organization with one
// credential. All methods may be called concurrently. It starts no goroutine
// of its own and needs no closing; CloseIdleConnections lets go of connections.
type Client struct {
	cfg    Config
	http   *http.Client
	tokens *tokens
}

// New returns a client, or an error that joins all that is wrong with cfg. It
// makes no request.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("umapi: configuration: %w", err)
	}
	return &Client{
		cfg:    cfg,
		http:   &http.Client{Transport: cfg.Transport, CheckRedirect: noRedirect},
		tokens: newTokens(cfg),
	}, nil
}

// noRedirect makes a redirect an answer like any other. Followed, it would
// carry the token or the secret to wherever it points, and a POST twice.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// CloseIdleConnections closes the connections that are kept for later requests.
// Requests in flight are not disturbed.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// maxReplyBytes bounds the answer to an action call: an error for each step of
// each command takes a tenth of it.
const maxReplyBytes = 1 << 20

// Act sends commands as one call and returns the service's reply. The call is
// checked first (see [ValidateCall]); after a 401, which changed nothing, it is
// sent once more with a fresh token, unless [Config].Once is set; it is not sent again for any other reason.
//
// An error is an *[Error]: [ClassOf] says what it means for the caller,
// [OutcomeOf] whether the commands may have been applied. Without an error each
// command may still have failed, see [Reply].
func (c *Client) Act(ctx context.Context, commands []Command) (Reply, error) {
	return c.act(ctx, request{op: "action", path: "/action/" + c.cfg.OrgID}, commands)
}

// Try has the service check commands as one call without applying them; see
// testOnly in ActionsRef. It counts against the same limits as [Client.Act] and
// fails as that does.
//
// What it says is a hint and no promise. A command on a user who does not exist
// is documented to pass, so that a create can be tried with what follows it,
// and was seen to fail; so was the creation of a user group.
func (c *Client) Try(ctx context.Context, commands []Command) (Reply, error) {
	reply, err := c.act(ctx, request{op: "test action", path: "/action/" + c.cfg.OrgID + "?testOnly=true"}, commands)
	reply.TestOnly = err == nil
	return reply, err
}

// act makes r a call with commands.
func (c *Client) act(ctx context.Context, r request, commands []Command) (Reply, error) {
	if err := ValidateCall(commands); err != nil {
		return Reply{}, invalid(r.op, err)
	}
	body, err := json.Marshal(commands)
	if err != nil {
		return Reply{}, invalid(r.op, err)
	}
	if len(body) > MaxBodyBytes {
		return Reply{}, invalid(r.op, fmt.Errorf("%d bytes in one call: want at most %d", len(body), MaxBodyBytes))
	}
	r.method, r.body, r.limit = http.MethodPost, body, maxReplyBytes
	a, err := c.do(ctx, r)
	if err != nil {
		return Reply{}, err
	}
	reply, err := decodeReply(a.body)
	if err != nil {
		return Reply{}, replyError(r.op, a, err)
	}
	reply.RequestID = a.requestID
	return reply, nil
}

// replyError is about an answer of 200 that is not a reply. The results that
// belong to refused calls are refusals whatever the status; after anything else
// nobody knows what was done.
func replyError(op string, a answer, err error) error {
	code, message := errorBody(a.body, a.token)
	e := &Error{
		Op: op, Status: a.status, Code: code, Message: message, RequestID: a.requestID,
		Outcome: OutcomeUnknown, Err: scrubError(err, a.token),
	}
	if code == "error.command.malformed" || strings.HasPrefix(code, "error.organization.") || code == "error.apikey.invalid" {
		e.Outcome, e.Err = OutcomeRefused, nil
	}
	return e
}

func invalid(op string, err error) error {
	return &Error{Op: op, Outcome: OutcomeNotSent, Err: fmt.Errorf("%w: %w", ErrInvalid, err)}
}

// segment escapes s as one segment of a path. A segment of dots would be taken
// for a direction and gets its dots escaped too.
func segment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}

// saysAbsent reports whether a code is the service's word that one of the things
// named is not there. What is said without such a code may come from anything on
// the way, and a domain that is not claimed is no user who is not there.
func saysAbsent(code string, of ...Topic) bool {
	info, _ := Lookup(code)
	return info.Effect == EffectAbsent && slices.Contains(of, info.Topic)
}

// asNotFound adds ErrNotFound to the error of a read of a user that means it.
func asNotFound(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Err == nil && e.Status < 500 && saysAbsent(e.Code, TopicUser) {
		e.Err = ErrNotFound
	}
	return err
}
