package bridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/exchange"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// organisation is what Adobe holds, before a story and after it.
type organisation struct {
	Users  []adobeUser  `json:"users"`
	Groups []adobeGroup `json:"groups"`
	// Left are those who are only in the directory any more.
	Left []string `json:"left,omitempty"`
}

type adobeUser struct {
	Email     string `json:"email"`
	Username  string `json:"username,omitempty"` // where it is not the e-mail
	Domain    string `json:"domain,omitempty"`   // where the username is none
	Type      string `json:"type,omitempty"`
	FirstName string `json:"firstname,omitempty"`
	LastName  string `json:"lastname,omitempty"`
	Country   string `json:"country,omitempty"`
}

type adobeGroup struct {
	Name    string   `json:"name"`
	Type    string   `json:"type,omitempty"` // where it is not a user group
	Members []string `json:"members"`
}

// seed makes the emulator hold it.
func (o organisation) seed(em *emulator.Emulator) error {
	in := map[string][]string{}
	for _, g := range o.Groups {
		if err := em.AddGroup(emulator.Group{Name: g.Name, Type: g.Type}); err != nil {
			return err
		}
		for _, email := range g.Members {
			in[email] = append(in[email], g.Name)
		}
	}
	for _, u := range o.Users {
		err := em.AddUser(emulator.User{
			Email: u.Email, Username: u.Username, Domain: u.Domain, Type: u.Type,
			FirstName: u.FirstName, LastName: u.LastName, Country: u.Country, Groups: in[u.Email],
		})
		if err != nil {
			return err
		}
		delete(in, u.Email)
	}
	for email := range in {
		return fmt.Errorf("%s is a member of a group but no user", email)
	}
	for _, email := range o.Left {
		if err := em.AddUser(emulator.User{Email: email, Removed: true}); err != nil {
			return err
		}
	}
	return nil
}

// turn is what somebody does to groups in Adobe that no command can.
type turn struct {
	Made []adobeGroup `json:"made"`
	Gone []string     `json:"gone"`
}

func (t turn) do(em *emulator.Emulator) error {
	for _, name := range t.Gone {
		if err := em.RemoveGroup(name); err != nil {
			return err
		}
	}
	return organisation{Groups: t.Made}.seed(em)
}

// adobeHolds is adobe.json.
func (st *stage) adobeHolds() string {
	o := organisation{Users: []adobeUser{}, Groups: []adobeGroup{}}
	for _, u := range st.adobe.Users() {
		a := adobeUser{Email: u.Email, Type: u.Type, FirstName: u.FirstName, LastName: u.LastName, Country: u.Country}
		if u.Username != u.Email {
			a.Username = u.Username
			if !strings.Contains(u.Username, "@") {
				a.Domain = u.Domain
			}
		}
		o.Users = append(o.Users, a)
	}
	for _, g := range st.adobe.Groups() {
		a := adobeGroup{Name: g.Name, Members: st.adobe.Members(g.Name)}
		if g.Type != emulator.GroupTypeUserGroup {
			a.Type = g.Type
		}
		o.Groups = append(o.Groups, a)
	}
	for _, u := range st.adobe.DirectoryOnly() {
		o.Left = append(o.Left, u.Email)
	}
	return st.pretty(st.marshal(o))
}

// directory is directory.json: what GET shows, without what differs from run to
// run or is the same in every story.
func (st *stage) directory() string {
	held := []json.RawMessage{}
	for _, kind := range []string{"Users", "Groups"} {
		answer := st.do(exchange.Request{Method: http.MethodGet, Target: "/" + kind + "?count=1000"})
		require.Equal(st.t, 200, answer.Code, answer.Body)
		var list struct{ Resources []map[string]any }
		require.NoError(st.t, json.Unmarshal(answer.Body.Bytes(), &list))
		resources := []any{}
		for _, r := range list.Resources {
			for key, value := range r {
				extension, ok := value.(map[string]any)
				if sync, is := extension["sync"].(map[string]any); ok && is {
					delete(sync, "lastSynced")
					r["sync"] = sync
					delete(extension, "sync")
				}
				if ok && len(extension) == 0 {
					delete(r, key)
				}
			}
			without(r, "id", "meta", "schemas", "$ref")
			resources = append(resources, r)
		}
		held = append(held, st.marshal(resources))
	}
	return st.pretty(fmt.Appendf(nil, `{"Users":%s,"Groups":%s}`, held[0], held[1]))
}

// without deletes the keys from v, however deep.
func without(v any, keys ...string) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range keys {
			delete(v, key)
		}
		for _, e := range v {
			without(e, keys...)
		}
	case []any:
		for _, e := range v {
			without(e, keys...)
		}
	}
}

const actionPath = "/v2/usermanagement/action/"

// commands is commands.json: the commands of each action call as they were sent,
// but for the requestID.
func (st *stage) commands() string {
	var calls []string
	for _, e := range st.adobe.Ledger() {
		if !strings.HasPrefix(e.Path, actionPath) || e.ClientID == consoleClient {
			continue
		}
		var commands []string
		for _, raw := range e.Commands {
			commands = append(commands, st.command(requestID.ReplaceAll(raw, nil)))
		}
		calls = append(calls, "  [\n"+strings.Join(commands, ",\n")+"\n  ]")
	}
	if len(calls) == 0 {
		return "[]\n"
	}
	return st.names.Hide("[\n" + strings.Join(calls, ",\n") + "\n]\n")
}

// command lays out one command: on one line, or its steps on one line each.
func (st *stage) command(raw []byte) string {
	const indent = "    "
	if line := indent + st.oneLine(raw); len(line) <= lineWidth {
		return line
	}
	root, _, ok := bytes.Cut(raw, []byte(`"do":[`))
	require.True(st.t, ok, "%s", raw)
	var c struct{ Do []json.RawMessage }
	require.NoError(st.t, json.Unmarshal(raw, &c))
	steps := make([]string, len(c.Do))
	for i, step := range c.Do {
		steps[i] = indent + "  " + st.oneLine(step)
	}
	head := strings.TrimSuffix(st.oneLine(append(root, `"do":null}`...)), "null}")
	return indent + head + "[\n" + strings.Join(steps, ",\n") + "\n" + indent + "]}"
}

func (st *stage) oneLine(raw []byte) string {
	var b bytes.Buffer
	require.NoError(st.t, json.Indent(&b, raw, "", "\t"))
	return join(strings.Split(b.String(), "\n"))
}

// calls is calls.txt: every request to Adobe but those for tokens, when it came
// and what became of it.
func (st *stage) calls() string {
	var b strings.Builder
	for _, e := range st.adobe.Ledger() {
		at := e.Time.Sub(st.started)
		what, ok := strings.CutPrefix(e.Path, "/v2/usermanagement/")
		if !ok || e.ClientID == consoleClient {
			continue
		}
		what, err := url.PathUnescape(strings.ReplaceAll(what, "/"+testOrg, ""))
		require.NoError(st.t, err)
		if strings.HasPrefix(e.Path, actionPath) {
			what = "action of " + plural(len(e.Commands), "command")
		}
		answer := fmt.Sprint(e.Status)
		if e.Dropped {
			answer = "dropped"
			if e.Applied {
				answer += " after it was applied"
			}
		}
		if e.Result != "" {
			answer += " " + e.Result
		}
		fmt.Fprintf(&b, "%8.3fs  %s %s: %s\n", at.Seconds(), e.Method, what, answer)
		for _, ce := range e.Errors {
			fmt.Fprintf(&b, "%12scommand %d, step %d: %s\n", "", ce.Index, ce.Step, ce.Code)
		}
	}
	return b.String()
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// marshal writes JSON as people write it: with > as >.
func (st *stage) marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(st.t, e.Encode(v))
	return bytes.TrimSpace(b.Bytes())
}

// pretty lays out JSON so that what belongs together stands on one line.
func (st *stage) pretty(raw []byte) string {
	var b bytes.Buffer
	require.NoError(st.t, json.Indent(&b, raw, "", "\t"))
	return st.names.Hide(layOut(b.String()))
}

// requestID is that member of a command, which differs from run to run.
var requestID = regexp.MustCompile(`"requestID":"[^"]*",?`)
