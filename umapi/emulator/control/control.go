package control

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// port is the control port of one emulator.
type port struct {
	emulator *emulator.Emulator
	merging  sync.Mutex // held while readings are read, merged and set
}

// route is one thing that can be asked for.
type route struct {
	method, path string
	help         string
	// serve returns what to answer, nil for 204, or why the request is refused.
	serve func(p *port, r *http.Request) (any, error)
}

var routes = []route{
	{http.MethodGet, "/faults", "the faults that are armed, and how often they struck", (*port).faults},
	{http.MethodPost, "/faults", "arm one fault, or an array of them: all or none", (*port).inject},
	{http.MethodDelete, "/faults", "disarm all", (*port).clearFaults},
	{http.MethodGet, "/clock", "the emulator's time", (*port).clock},
	{http.MethodPost, "/clock", "move it on: windows and lock-outs pass, tokens expire", (*port).advance},
	{http.MethodGet, "/ledger", "what came in; ?after=SEQ, ?unexpected=true", (*port).ledger},
	{http.MethodDelete, "/ledger", "forget it", (*port).clearLedger},
	{http.MethodGet, "/switches", "the readings in force", (*port).switches},
	{http.MethodPatch, "/switches", "change those that are named", (*port).mergeSwitches},
	{http.MethodGet, "/state", "directories, groups and users, to be loaded again", (*port).state},
	{http.MethodPost, "/state", "add directories, groups and users: all or none", (*port).load},
	{http.MethodPost, "/tokens/revoke", "make every token invalid", (*port).revokeTokens},
	{http.MethodGet, "/preset", "the preset in force, and the seed", (*port).preset},
	{http.MethodPut, "/preset", "calm, rude or hostile, in place of all that was set", (*port).setPreset},
}

// New returns the control port of e.
func New(e *emulator.Emulator) http.Handler {
	p := &port{emulator: e}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	allowed := map[string][]string{"/{$}": {http.MethodGet}}
	for _, r := range routes {
		mux.HandleFunc(r.method+" "+r.path, func(w http.ResponseWriter, req *http.Request) {
			req.Body = http.MaxBytesReader(w, req.Body, maxBody)
			answer, err := r.serve(p, req)
			if err != nil {
				status, message := refusal(err)
				refuse(w, status, message)
				return
			}
			write(w, answer)
		})
		allowed[r.path] = append(allowed[r.path], r.method)
	}
	for path, methods := range allowed {
		mux.HandleFunc(path, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			refuse(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s does not know the method %s; it knows %s",
				req.URL.Path, req.Method, strings.Join(methods, ", ")))
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no %s; GET / lists what there is", req.URL.Path))
	})
	// A page in the browser of whoever runs the emulator could send a POST here.
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "web pages of other origins cannot change anything here")
	}))
	return foreign.Handler(mux)
}

// index says what there is, with examples for the address it was asked at.
func index(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	b.WriteString("The control port of a UMAPI emulator.\n\n")
	for _, r := range routes {
		fmt.Fprintf(&b, "%-6s %-15s %s\n", r.method, r.path, r.help)
	}
	b.WriteString("\nExamples:\n\n")
	for _, example := range examples {
		fmt.Fprintf(&b, "# %s\n%s\n\n", example.says, strings.ReplaceAll(example.command, "HOST", r.Host))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, b.String())
}

// examples are shown by index, and run by the tests, with HOST replaced.
var examples = []struct{ says, command string }{
	{"The next two action calls are applied, and their answers lost.",
		`curl http://HOST/faults -d '{"match": "POST /v2/usermanagement/action", "moment": "after", "times": 2}'`},
	{"One action call in five has to wait for 20 seconds, and one read in ten is answered by a gateway.",
		`curl http://HOST/faults -d '[{"match": "POST /v2", "status": 429, "retryAfter": "20s", "rate": 0.2}, {"match": "GET /v2", "status": 502, "body": "<html>", "contentType": "text/html", "rate": 0.1}]'`},
	{"Every command on ada@example.com fails until further notice, and is not run.",
		`curl http://HOST/faults -d '{"subject": "ada@example.com", "code": "error.internal.update_failed", "message": "no"}'`},
	{"Nothing goes wrong any more.",
		`curl -X DELETE http://HOST/faults`},
	{"75 minutes pass.",
		`curl http://HOST/clock -d '{"advance": "75m"}'`},
	{"What came in that the service does not know?",
		`curl 'http://HOST/ledger?unexpected=true'`},
	{"Reads page by page in another order.",
		`curl -X PATCH http://HOST/switches -d '{"listOrder": "perPage"}'`},
	{"A group with a user, as if they had always been there.",
		`curl http://HOST/state -d '{"groups": [{"name": "Design"}], "users": [{"email": "ada@example.com", "firstName": "Ada", "lastName": "Byron", "country": "GB", "groups": ["Design"]}]}'`},
	{"What every service does now and then.",
		`curl -X PUT http://HOST/preset -d '{"preset": "rude"}'`},
}
