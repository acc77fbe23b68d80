package killtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/morning"
	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
)

// speaker sends SCIM requests. Each has a connection of its own: one that meets a
// dead connection would be sent again without being asked.
type speaker struct {
	world *world
	http  *http.Client
	turn  int
}

func newSpeaker(w *world) *speaker {
	return &speaker{world: w, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}}
}

// exchange sends a request to the next replica that takes it, once there is one, and
// decodes the answer. An error means that there was no whole answer.
func (s *speaker) exchange(method, path string, body, out any) (int, error) {
	var payload []byte
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		payload = text
	}
	resp, err := s.try(method, path, payload)
	for ; errors.Is(err, syscall.ECONNREFUSED); resp, err = s.try(method, path, payload) {
		time.Sleep(think)
	}
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return 0, err
	}
	if out != nil && resp.StatusCode < 300 {
		err = json.Unmarshal(text, out)
	}
	if _, wrong := strconv.Atoi(resp.Header.Get("Retry-After")); wrong != nil && later(resp.StatusCode) {
		err = errNotWhen
	}
	return resp.StatusCode, err
}

// try sends a request to the next replica. Where none listens it was not sent.
func (s *speaker) try(method, path string, payload []byte) (*http.Response, error) {
	next := func() *replica {
		s.turn++
		return s.world.replicas[s.turn%len(s.world.replicas)]
	}
	to := next()
	for to.out.Load() {
		to = next()
	}
	req, err := http.NewRequestWithContext(s.world.t.Context(), method, "http://"+to.Listen+"/scim/v2"+path, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+programtest.Token)
	req.Header.Set("Content-Type", "application/scim+json")
	return s.http.Do(req)
}

// later reports whether an answer asks to come back, and errNotWhen that it
// does not say when.
func later(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

var errNotWhen = errors.New("the answer has no Retry-After")

// send sends a change, and returns the id of what it made.
func (s *speaker) send(method, path string, body any) (int, string, error) {
	if method == http.MethodDelete {
		status, err := s.exchange(method, path, nil, nil)
		return status, "", err
	}
	var made struct{ ID string }
	status, err := s.exchange(method, path, body, &made)
	return status, made.ID, err
}

// resource is what is compared of a user or a group.
type resource struct {
	ID, UserName, DisplayName string
	Active                    bool
	Name                      struct{ FamilyName string }
	Emails                    []struct{ Value string }
	Groups                    []struct{ Value string }
}

// read returns a resource by its id, or by its name if it has none yet; nil if
// there is none.
func (s *speaker) read(endpoint, id, attribute, name string) (*resource, error) {
	if id != "" {
		var r resource
		status, err := s.exchange(http.MethodGet, endpoint+"/"+id, nil, &r)
		if status == http.StatusNotFound || err != nil {
			return nil, err
		}
		return &r, answered(status)
	}
	var found struct{ Resources []resource }
	filter := url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, name))
	status, err := s.exchange(http.MethodGet, endpoint+"?filter="+filter, nil, &found)
	if err == nil {
		err = answered(status)
	}
	if err != nil || len(found.Resources) == 0 {
		return nil, err
	}
	return &found.Resources[0], nil
}

func answered(status int) error {
	if status != http.StatusOK {
		return fmt.Errorf("answered with %d", status)
	}
	return nil
}

// differences says where the bridge says otherwise than the client believes. An
// error means that it does not answer.
func (s *speaker) differences(a about) ([]string, error) {
	var found []string
	for _, u := range a.users {
		r, err := s.read("/Users", u.id, "userName", u.name)
		if err != nil {
			return nil, err
		}
		if r != nil && u.id == "" && u.exists {
			u.id = r.ID // it was made by a request that had no answer
		}
		if is, should := describe(r), u.describe(); is != should {
			found = append(found, fmt.Sprintf("user %s is %s, should be %s", u.name, is, should))
		}
	}
	for _, g := range a.groups {
		r, err := s.read("/Groups", g.id, "displayName", g.name)
		if err != nil {
			return nil, err
		}
		is, should := "absent", "absent"
		if r != nil {
			is = r.DisplayName
			if g.id == "" && g.exists {
				g.id = r.ID
			}
		}
		if g.exists {
			should = g.name
		}
		if is != should {
			found = append(found, fmt.Sprintf("group %s is %s, should be %s", g.id, is, should))
		}
	}
	return found, nil
}

func (u *user) describe() string {
	if !u.exists {
		return "absent"
	}
	var in []string
	for g := range u.in {
		in = append(in, g.id)
	}
	return fmt.Sprint(u.name, " ", u.email, " ", u.family, " ", u.active, " in ", slices.Sorted(slices.Values(in)))
}

func describe(r *resource) string {
	if r == nil {
		return "absent"
	}
	var in, emails []string
	for _, g := range r.Groups {
		in = append(in, g.Value)
	}
	for _, e := range r.Emails {
		emails = append(emails, e.Value)
	}
	return fmt.Sprint(r.UserName, " ", strings.Join(emails, ","), " ", r.Name.FamilyName, " ", r.Active, " in ", slices.Sorted(slices.Values(in)))
}

// compare compares everything with what the clients said: the directory, and Adobe.
func (w *world) compare(all []*client) {
	said := morning.State{Users: map[string]morning.User{}, Groups: map[string][]string{}}
	for _, c := range all {
		found, err := c.differences(about{c.users, c.groups})
		require.NoError(w.t, err)
		for _, f := range found {
			c.wrong("at the end: %s", f)
		}
		c.say(said)
	}
	held := morning.State{Users: map[string]morning.User{}, Groups: map[string][]string{}}
	for _, u := range w.adobe.Users() {
		held.Users[u.Email] = morning.User{FirstName: u.FirstName, LastName: u.LastName, Country: u.Country, Type: u.Type}
	}
	for _, g := range w.adobe.Groups() {
		members := w.adobe.Members(g.Name)
		if _, is := said.Groups[g.Name]; !is && w.watch.orphans[g.Name] && len(members) == 0 {
			continue
		}
		held.Groups[g.Name] = members
	}
	for _, d := range morning.Differences(said, held) {
		_, name, _ := strings.Cut(d, `"`)
		name, _, _ = strings.Cut(name, `"`)
		w.watch.wrong = append(w.watch.wrong, "Adobe differs: "+d+"\n"+w.watch.sentAbout(name))
	}
}

// say adds what a client said, as Adobe should hold it.
func (c *client) say(s morning.State) {
	for _, g := range c.groups {
		if g.exists {
			s.Groups[g.name] = slices.Clip(s.Groups[g.name])
		}
	}
	for _, u := range c.users {
		if !u.exists || !u.active {
			continue
		}
		s.Users[u.email] = morning.User{FirstName: "Given", LastName: u.family, Country: "US", Type: "federatedID"}
		for g := range maps.Keys(u.in) {
			s.Groups[g.name] = append(s.Groups[g.name], u.email)
		}
	}
}
