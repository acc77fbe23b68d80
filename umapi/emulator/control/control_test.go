package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
	"github.com/scim-bridge/scim-bridge/umapi/emulator/control"
)

const orgID = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"

// desk is an emulator with its control port.
type desk struct {
	t    *testing.T
	em   *emulator.Emulator
	port http.Handler
}

func open(t *testing.T) *desk {
	t.Helper()
	em, err := emulator.New(emulator.Config{
		OrgID: orgID, ClientID: "id", ClientSecret: "secret", Domains: []string{"example.com"}, Seed: 7,
	})
	require.NoError(t, err)
	return &desk{t, em, control.New(em)}
}

// ask sends a request to the control port.
func (d *desk) ask(method, path, body string) *httptest.ResponseRecorder {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.port.ServeHTTP(w, httptest.NewRequestWithContext(d.t.Context(), method, "http://control.test"+path, strings.NewReader(body)))
	return w
}

// ok is ask, and wants the JSON.
func (d *desk) ok(method, path, body, want string) {
	d.t.Helper()
	w := d.ask(method, path, body)
	require.Equal(d.t, http.StatusOK, w.Code, w.Body)
	require.Equal(d.t, "application/json", w.Header().Get("Content-Type"))
	require.JSONEq(d.t, want, w.Body.String())
}

// done is ask, and wants nothing.
func (d *desk) done(method, path string) {
	d.t.Helper()
	w := d.ask(method, path, "")
	require.Equal(d.t, http.StatusNoContent, w.Code, w.Body)
	require.Empty(d.t, w.Body.String())
}

// refused is ask, and wants an error of that text and status.
func (d *desk) refused(status int, method, path, body, want string) {
	d.t.Helper()
	w := d.ask(method, path, body)
	require.Equal(d.t, status, w.Code, w.Body)
	require.Equal(d.t, "application/json", w.Header().Get("Content-Type"))
	var got struct{ Error string }
	require.NoError(d.t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(d.t, want, got.Error)
}

// call sends a request to the emulator and returns the status.
func (d *desk) call(method, path string, form url.Values) int {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, "http://adobe.test"+path, strings.NewReader(form.Encode()))
	resp, err := d.em.RoundTrip(r)
	require.NoError(d.t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(d.t, err)
	return resp.StatusCode
}

func TestFaults_AreArmedShownAndCleared(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.ok("GET", "/faults", "", `{"seed": 7, "faults": []}`)
	d.ok("POST", "/faults", `{"match": "GET /status", "status": 503, "retryAfter": "90s", "times": 2}`,
		`{"seed": 7, "faults": [{"fault": {"match": "GET /status", "moment": "before", "status": 503, "retryAfter": "1m30s", "times": 2}, "struck": 0, "left": 2}]}`)
	require.Equal(t, http.StatusServiceUnavailable, d.call("GET", "/status", nil))
	d.ok("POST", "/faults", ` [{"code": "error.x"}, {"wait": "5ms", "status": 200}]`, `{"seed": 7, "faults": [
		{"fault": {"match": "GET /status", "moment": "before", "status": 503, "retryAfter": "1m30s", "times": 2}, "struck": 1, "left": 1},
		{"fault": {"moment": "before", "code": "error.x"}, "struck": 0, "left": -1},
		{"fault": {"moment": "before", "wait": "5ms", "status": 200}, "struck": 0, "left": -1}]}`)
	d.done("DELETE", "/faults")
	require.Empty(t, d.em.Faults())
}

func TestFaults_AreArmedAllOrNone(t *testing.T) {
	t.Parallel()
	d := open(t)
	for body, want := range map[string]string{
		``:                                 "there is no JSON where some is needed",
		`{"status": 500`:                   "the JSON ends too early",
		`{"status": 500}}`:                 "there is something after the JSON value",
		`status=500`:                       "this is not JSON: invalid character 's' looking for beginning of value, at byte 1",
		`"status"`:                         "want an object, got a string",
		`null`:                             "want an object, got null",
		`{"stauts": 500}`:                  `unknown field "stauts"`,
		`{"status": "500"}`:                "status: want a whole number, got a string",
		`{"status": 1.5}`:                  "status: want a whole number, got 1.5",
		`{"rate": true}`:                   "rate: want a number, got true or false",
		`{"retryAfterDate": 1}`:            "retryAfterDate: want true or false, got a number",
		`{"wait": 5}`:                      "wait: want a string, got a number",
		`{"wait": "5"}`:                    `wait: "5" is not a duration, such as 90s or 1h30m`,
		`{"header": []}`:                   "header: want an object, got an array",
		`{"rate": 2, "times": -1}`:         "fault: rate: 2 is not from 0 to 1; times: -1 is negative",
		`[{}, {"rate": 2}]`:                "fault 1: rate: 2 is not from 0 to 1",
		`[{}, {"status": {}}, {"x": 1}]`:   `fault 1: status: want a whole number, got an object; fault 2: unknown field "x"`,
		`[{}, null]`:                       "fault 1: want an object, got null",
		`{"match": "/v2", "status": 1000}`: `fault: match: "/v2" is not a method and a path, such as POST /v2/usermanagement/action; status: 1000 is not from 200 to 599, or 0 to drop the connection`,
	} {
		d.refused(http.StatusBadRequest, "POST", "/faults", body, want)
		require.Empty(t, d.em.Faults(), body)
	}
}

func TestClock_IsMovedOn(t *testing.T) {
	t.Parallel()
	d := open(t)
	now := func(w *httptest.ResponseRecorder) time.Time {
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var body struct{ Now time.Time }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		return body.Now
	}
	before := now(d.ask("GET", "/clock", ""))
	after := now(d.ask("POST", "/clock", `{"advance": "75m"}`))
	require.GreaterOrEqual(t, after.Sub(before), 75*time.Minute)
	require.False(t, d.em.Now().Before(after))
	for body, want := range map[string]string{
		`{"advance": "-1m"}`:  `advance: "-1m" is not a duration above 0, such as 75m or 24h`,
		`{"advance": "soon"}`: `advance: "soon" is not a duration above 0, such as 75m or 24h`,
		`{}`:                  `advance: "" is not a duration above 0, such as 75m or 24h`,
		`{"advance": 75}`:     "advance: want a string, got a number",
		`{"advnace": "75m"}`:  `unknown field "advnace"`,
	} {
		d.refused(http.StatusBadRequest, "POST", "/clock", body, want)
	}
}

func TestLedger_IsReadAndForgotten(t *testing.T) {
	t.Parallel()
	d := open(t)
	ledger := func(query string) (seqs []uint64) {
		w := d.ask("GET", "/ledger"+query, "")
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var body struct {
			Seed    uint64
			Entries []struct {
				Seq                uint64
				Method, Unexpected string
			}
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		require.EqualValues(t, 7, body.Seed)
		for _, e := range body.Entries {
			require.NotEmpty(t, e.Method)
			seqs = append(seqs, e.Seq)
		}
		return seqs
	}
	d.ok("GET", "/ledger", "", `{"seed": 7, "entries": []}`)
	for _, path := range []string{"/status", "/nowhere", "/status", "/nowhere"} {
		d.call("GET", path, nil)
	}
	require.Equal(t, []uint64{1, 2, 3, 4}, ledger(""))
	require.Equal(t, []uint64{3, 4}, ledger("?after=2"))
	require.Equal(t, []uint64{2, 4}, ledger("?unexpected=true"))
	require.Equal(t, []uint64{4}, ledger("?unexpected=true&after=2"))
	require.Empty(t, ledger("?after=4"))
	d.refused(http.StatusBadRequest, "GET", "/ledger?after=x", "", `after: "x" is not the seq of an entry`)
	d.refused(http.StatusBadRequest, "GET", "/ledger?unexpected=x", "", `unexpected: "x" is not true or false`)
	d.refused(http.StatusBadRequest, "GET", "/ledger?since=4", "", `there is no parameter "since", only after and unexpected`)
	d.done("DELETE", "/ledger")
	require.Empty(t, ledger(""))
}

func TestSwitches_AreMerged(t *testing.T) {
	t.Parallel()
	d := open(t)
	require.NoError(t, d.em.SetSwitches(emulator.Switches{FixedWindow: true}))
	require.Equal(t, http.StatusOK, d.ask("PATCH", "/switches", `{"listOrder": "perPage", "shuffleCommands": true}`).Code)
	want := emulator.Switches{FixedWindow: true, ListOrder: emulator.OrderPerPage, ShuffleCommands: true}
	require.Equal(t, want, d.em.Switches())
	require.Equal(t, http.StatusOK, d.ask("PATCH", "/switches", `{"fixedWindow": false}`).Code)
	want.FixedWindow = false
	text, err := json.Marshal(want)
	require.NoError(t, err)
	d.ok("GET", "/switches", "", string(text))

	d.refused(http.StatusBadRequest, "PATCH", "/switches", `{"fixedWindow": true, "listOrder": "random"}`, `switches: listOrder: "random" is unknown`)
	d.refused(http.StatusBadRequest, "PATCH", "/switches", `{"fixedWindow": true, "sloth": true}`, `unknown field "sloth"`)
	d.refused(http.StatusBadRequest, "PATCH", "/switches", `{"fixedWindow": "yes"}`, "fixedWindow: want true or false, got a string")
	require.Equal(t, want, d.em.Switches())
}

func TestTokens_AreRevoked(t *testing.T) {
	t.Parallel()
	d := open(t)
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret"}, "scope": {"user_management_sdk"},
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://ims.test/ims/token/v3", strings.NewReader(form.Encode()))
	resp, err := d.em.RoundTrip(r)
	require.NoError(t, err)
	var token struct {
		Value string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&token))
	groups := func() int {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "http://adobe.test/v2/usermanagement/groups/"+orgID+"/0", nil)
		r.Header.Set("X-Api-Key", "id")
		r.Header.Set("Authorization", "Bearer "+token.Value)
		resp, err := d.em.RoundTrip(r)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	require.Equal(t, http.StatusOK, groups())
	d.done("POST", "/tokens/revoke")
	require.Equal(t, http.StatusUnauthorized, groups())
}

func TestPreset_IsShownAndSet(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.ok("GET", "/preset", "", `{"preset": "calm", "seed": 7}`)
	d.ok("PUT", "/preset", `{"preset": "rude"}`, `{"preset": "rude", "seed": 7}`)
	require.NotEmpty(t, d.em.Faults())
	d.refused(http.StatusBadRequest, "PUT", "/preset", `{"preset": "polite"}`, `preset "polite" is unknown, want calm, rude or hostile`)
	d.refused(http.StatusBadRequest, "PUT", "/preset", `{}`, "preset: is missing; want calm, rude or hostile")
	d.refused(http.StatusBadRequest, "PUT", "/preset", `{"preset": 7}`, "preset: want a string, got a number")
	require.Equal(t, emulator.PresetRude, d.em.Preset())
	d.ok("PUT", "/preset", `{"preset": "calm"}`, `{"preset": "calm", "seed": 7}`)
	require.Empty(t, d.em.Faults())
}

// blanks is JSON's white space without end.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestNew_RefusesLargeBodies(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, start := range []string{`{"preset": "rude"}`, `{"preset": `} {
		w := httptest.NewRecorder()
		body := io.LimitReader(io.MultiReader(strings.NewReader(start), blanks{}), 64<<20+1)
		d.port.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "PUT", "http://control.test/preset", body))
		require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
		require.JSONEq(t, `{"error": "the body is larger than 64 MiB; send it in parts"}`, w.Body.String())
	}
	require.Equal(t, emulator.PresetCalm, d.em.Preset())
}

func TestNew_RefusesOtherPathsAndMethods(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.refused(http.StatusNotFound, "GET", "/fault", "", "there is no /fault; GET / lists what there is")
	d.refused(http.StatusNotFound, "GET", "/faults/1", "", "there is no /faults/1; GET / lists what there is")
	for path, allow := range map[string]string{
		"/faults": "GET, POST, DELETE", "/clock": "GET, POST", "/ledger": "GET, DELETE", "/switches": "GET, PATCH",
		"/tokens/revoke": "POST", "/preset": "GET, PUT", "/state": "GET, POST", "/": "GET",
	} {
		d.refused(http.StatusMethodNotAllowed, "LOCK", path, "", path+" does not know the method LOCK; it knows "+allow)
		require.Equal(t, allow, d.ask("LOCK", path, "").Header().Get("Allow"))
	}
}

func TestNew_RefusesWebPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	d := open(t)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://control.test/tokens/revoke", nil)
	r.Header.Set("Origin", "https://elsewhere.example")
	w := httptest.NewRecorder()
	d.port.ServeHTTP(w, r)
	require.Equal(t, http.StatusForbidden, w.Code)
	require.JSONEq(t, `{"error": "web pages of other origins cannot change anything here"}`, w.Body.String())
}

const stateText = `{
	"directories": [{"domains": ["b.example"], "type": "enterpriseID"}],
	"groups": [{"name": "Design", "profiles": ["Photoshop"]}, {"name": "Photoshop", "type": "PRODUCT_PROFILE", "quota": "5"}],
	"users": [
		{"email": "ada@example.com", "firstName": "Ada", "lastName": "Byron", "country": "GB", "groups": ["Design"]},
		{"email": "bob@b.example", "removed": true}
	]
}`

func TestState_IsLoadedAndRead(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.ok("GET", "/state", "", `{}`)
	loaded := d.ask("POST", "/state", stateText)
	require.Equal(t, http.StatusOK, loaded.Code, loaded.Body)
	require.Equal(t, []string{"ada@example.com"}, d.em.Members("Design"))
	d.ok("GET", "/state", "", loaded.Body.String())

	// What is read can be loaded elsewhere.
	other := open(t)
	other.ok("POST", "/state", loaded.Body.String(), loaded.Body.String())
}

func TestState_IsLoadedWhollyOrNotAtAll(t *testing.T) {
	t.Parallel()
	d := open(t)
	for body, want := range map[string]string{
		`{"users": [{"email": "ada@example.com"}], "gruops": []}`:           `unknown field "gruops"`,
		`{"users": [{"email": "ada@example.com", "country": 44}]}`:          "users.country: want a string, got a number",
		`{"users": [{"email": "ada@example.com"}, {"groups": "Design"}]}`:   "users.groups: want an array, got a string",
		`{"users": [{"email": "ada@example.com"}, {"email": ""}]}`:          `load state: user "": e-mail is empty`,
		`{"users": [{"email": "zoe@example.com", "groups": ["A"]}, {}]}`:    `load state: user "zoe@example.com": group "A" does not exist; user "": e-mail is empty`,
		`{"groups": [{"name": "A"}, {"name": "B", "profiles": ["Ghost"]}]}`: `load state: group "B": product profile "Ghost" does not exist`,
	} {
		d.refused(http.StatusBadRequest, "POST", "/state", body, want)
		require.Empty(t, d.em.Users(), body)
		require.Empty(t, d.em.Groups(), body)
	}
}

// What GET / shows to copy does what it says.
func TestIndex_ListsEverythingWithExamplesThatWork(t *testing.T) {
	t.Parallel()
	d := open(t)
	srv := httptest.NewServer(d.port)
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	resp, err := srv.Client().Get(srv.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
	for _, path := range []string{"/faults", "/clock", "/ledger", "/switches", "/state", "/tokens/revoke", "/preset"} {
		require.Contains(t, string(text), " "+path+" ")
	}

	examples := regexp.MustCompile(`(?m)^curl (?:-X (\w+) )?'?http://(\S+?)(/\S*?)'?(?: -d '(.*)')?$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, examples, strings.Count(string(text), "curl"))
	for _, e := range examples {
		method, body := e[1], e[4]
		if method == "" && body != "" {
			method = http.MethodPost
		}
		require.Equal(t, host, e[2])
		w := d.ask(method, e[3], body)
		require.Contains(t, []int{http.StatusOK, http.StatusNoContent}, w.Code, "%s: %s", e[0], w.Body)
	}
	require.Equal(t, emulator.PresetRude, d.em.Preset())
	require.Equal(t, []string{"ada@example.com"}, d.em.Members("Design"))
}
