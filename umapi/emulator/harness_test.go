package emulator_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const (
	orgID  = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	client = "0f1e2d3c"
	secret = "p8e-not-a-secret"
	scopes = "openid,AdobeID,user_management_sdk"
	root   = "http://emulator.test/v2/usermanagement"
)

// config is the configuration of most tests.
func config() emulator.Config {
	return emulator.Config{
		OrgID: orgID, ClientID: client, ClientSecret: secret,
		Domains: []string{"example.com", "example.org"},
	}
}

// caller talks to an emulator without sockets and with good credentials.
type caller struct {
	t     *testing.T
	em    *emulator.Emulator
	key   string // of the client; empty is client
	token string
}

// start returns a caller of a new emulator. change may be nil.
func start(t *testing.T, change func(*emulator.Config)) *caller {
	t.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	em, err := emulator.New(cfg)
	require.NoError(t, err)
	c := &caller{t: t, em: em}
	c.login()
	em.ClearLedger()
	return c
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (c *caller) login() {
	c.t.Helper()
	form := tokenForm()
	form.Set("client_id", cmp.Or(c.key, client))
	a := c.send(tokenRequest(c.t, "/ims/token/v3", form))
	require.Equal(c.t, http.StatusOK, a.status, a.body)
	var body struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(c.t, json.Unmarshal([]byte(a.body), &body))
	c.token = body.AccessToken
}

func tokenForm() url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
		"scope": {scopes},
	}
}

func tokenRequest(t *testing.T, path string, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://ims.test"+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// multipartRequest is tokenRequest with the form that curl -F and Postman send.
func multipartRequest(t *testing.T, path string, form url.Values) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range form {
		require.NoError(t, w.WriteField(name, form.Get(name)))
	}
	require.NoError(t, w.Close())
	r := tokenRequest(t, path, nil)
	r.Body = io.NopCloser(&body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

// request is one with good credentials to a path below the root of the API.
func (c *caller) request(method, path, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, root+path, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("X-Api-Key", cmp.Or(c.key, client))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func (c *caller) send(r *http.Request) answer {
	c.t.Helper()
	a, err := roundTrip(c.em, r)
	require.NoError(c.t, err)
	return a
}

func roundTrip(em *emulator.Emulator, r *http.Request) (answer, error) {
	resp, err := em.RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

func (c *caller) get(path string) answer {
	c.t.Helper()
	return c.send(c.request(http.MethodGet, path, ""))
}

// actionReply is the answer to an action call as a client would decode it.
type actionReply struct {
	Completed           int          `json:"completed"`
	NotCompleted        int          `json:"notCompleted"`
	CompletedInTestMode int          `json:"completedInTestMode"`
	Result              string       `json:"result"`
	Errors              []replyError `json:"errors"`
	Warnings            []replyError `json:"warnings"`
}

type replyError struct {
	Index       int    `json:"index"`
	Step        int    `json:"step"`
	RequestID   string `json:"requestID"`
	User        string `json:"user"`
	Message     string `json:"message"`
	ErrorCode   string `json:"errorCode"`
	WarningCode string `json:"warningCode"`
}

// codes are the error codes of a reply in order.
func (r actionReply) codes() []string {
	codes := []string{}
	for _, e := range r.Errors {
		codes = append(codes, e.ErrorCode)
	}
	return codes
}

// do sends commands, each as JSON, and wants a 200.
func (c *caller) do(commands ...string) actionReply {
	c.t.Helper()
	return c.doAt("/action/"+orgID, commands...)
}

// try is do with testOnly.
func (c *caller) try(commands ...string) actionReply {
	c.t.Helper()
	return c.doAt("/action/"+orgID+"?testOnly=True", commands...)
}

func (c *caller) doAt(path string, commands ...string) actionReply {
	c.t.Helper()
	a := c.send(c.request(http.MethodPost, path, "["+strings.Join(commands, ",")+"]"))
	require.Equal(c.t, http.StatusOK, a.status, a.body)
	var reply actionReply
	require.NoError(c.t, json.Unmarshal([]byte(a.body), &reply))
	require.Equal(c.t, len(commands), reply.Completed+reply.NotCompleted+reply.CompletedInTestMode)
	return reply
}

// ok is do, and wants every command done.
func (c *caller) ok(commands ...string) {
	c.t.Helper()
	reply := c.do(commands...)
	require.Equal(c.t, "success", reply.Result, "%+v", reply.Errors)
}

// fails sends one command and returns its only error.
func (c *caller) fails(command string) replyError {
	c.t.Helper()
	reply := c.do(command)
	require.Equal(c.t, "error", reply.Result)
	require.Len(c.t, reply.Errors, 1)
	return reply.Errors[0]
}

// seed adds what a test begins with.
func (c *caller) seed(users []emulator.User, groups ...string) {
	c.t.Helper()
	for _, g := range groups {
		require.NoError(c.t, c.em.AddGroup(emulator.Group{Name: g}))
	}
	for _, u := range users {
		require.NoError(c.t, c.em.AddUser(u))
	}
}

// ada is a federated user, already there.
func ada(groups ...string) emulator.User {
	return emulator.User{Email: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Groups: groups}
}

// user returns the user with that e-mail, of the organisation's own if two have it.
func (c *caller) user(email string) emulator.User {
	c.t.Helper()
	var found []emulator.User
	for _, u := range c.em.Users() {
		if strings.EqualFold(u.Email, email) {
			found = append(found, u)
		}
	}
	require.NotEmpty(c.t, found, "no user %s", email)
	return found[len(found)-1]
}

// federated is a command that creates a user, with further steps.
func federated(email, option string, steps ...string) string {
	create := `{"createFederatedID":{"email":"` + email + `","firstname":"Ada","lastname":"Byron","country":"GB"` + optionField(option) + `}}`
	return on(email, append([]string{create}, steps...)...)
}

func optionField(option string) string {
	if option == "" {
		return ""
	}
	return `,"option":"` + option + `"`
}

// on is a command on a user.
func on(user string, steps ...string) string {
	return `{"user":"` + user + `","do":[` + strings.Join(steps, ",") + `]}`
}

// onGroup is a command on a user group.
func onGroup(name string, steps ...string) string {
	return `{"usergroup":"` + name + `","do":[` + strings.Join(steps, ",") + `]}`
}

// list is a step that names things: list("add", "group", "A", "B").
func list(verb, key string, names ...string) string {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(map[string]any{verb: map[string]any{key: names}}); err != nil {
		panic(err)
	}
	return b.String()
}
