package scim_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/exchange"
	"github.com/scim-bridge/scim-bridge/scim"
)

const (
	listURN  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorURN = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// TestProviders plays each file of testdata/providers; the README there says
// how one is written.
func TestProviders(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/providers/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			s, err := parseTalk(archive)
			require.NoError(t, err)
			s.play(t)
		})
	}
}

// talk is what a provider and the service say to each other.
type talk struct {
	settings talkSettings
	turns    []turn
}

// talkSettings are those of config.yaml.
type talkSettings struct {
	Strict         bool   `yaml:"strict"`
	UnknownMembers string `yaml:"unknown_members"`
	NestedGroups   string `yaml:"nested_groups"`
}

type turn struct {
	name     string
	request  exchange.Request
	response *exchange.Response // nil for any 2xx
}

var turnName = regexp.MustCompile(`^(\d+-[a-z0-9-]+)\.(http|response)$`)

func parseTalk(a *txtar.Archive) (talk, error) {
	var s talk
	if strings.TrimSpace(string(a.Comment)) == "" {
		return s, errors.New("a story begins with a comment that tells it")
	}
	for _, f := range a.Files {
		if err := s.section(f.Name, f.Data); err != nil {
			return s, fmt.Errorf("section %s: %w", f.Name, err)
		}
	}
	return s, nil
}

func (s *talk) section(name string, data []byte) error {
	if name == "config.yaml" {
		return yaml.UnmarshalWithOptions(data, &s.settings, yaml.Strict())
	}
	m := turnName.FindStringSubmatch(name)
	switch {
	case m == nil:
		return errors.New("want config.yaml, or NN-name with .http or .response")
	case m[2] == "http":
		r, err := exchange.ParseRequest(data)
		s.turns = append(s.turns, turn{name: m[1], request: r})
		return err
	case len(s.turns) == 0 || s.turns[len(s.turns)-1].name != m[1]:
		return errors.New("a response follows the request of the same name")
	}
	r, err := exchange.ParseResponse(string(data))
	s.turns[len(s.turns)-1].response = &r
	return err
}

func (s talk) play(t *testing.T) {
	c := serve(t, func(cfg *scim.Config) {
		org := &cfg.Orgs[0]
		org.Strict, org.UnknownMembers, org.NestedGroups = s.settings.Strict, s.settings.UnknownMembers, s.settings.NestedGroups
	})
	names := exchange.Names{}
	for _, turn := range s.turns {
		req, err := turn.request.Filled(names)
		require.NoError(t, err, turn.name)
		r := httptest.NewRequestWithContext(t.Context(), req.Method, c.path+req.Target, strings.NewReader(req.Body))
		r.Header = c.header.Clone()
		if req.Body == "" {
			r.Body, r.ContentLength = http.NoBody, 0
			r.Header.Del("Content-Type")
		}
		for name, values := range req.Header {
			r.Header[name] = values
			if values[0] == "-" {
				r.Header.Del(name)
			}
		}
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		requireHonest(t, turn.name, w)
		if turn.response == nil {
			require.True(t, w.Code >= 200 && w.Code < 300, "%s: %d %s", turn.name, w.Code, w.Body)
			continue
		}
		require.NoError(t, turn.response.Check(names, w.Code, w.Header(), w.Body.String()), turn.name)
	}
}

// requireHonest checks what every answer owes to every provider: JSON under
// its name, errors that are SCIM's, and lists that are whole.
func requireHonest(t *testing.T, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	r := &reply{t: t, ResponseRecorder: w, request: name}
	if w.Body.Len() == 0 {
		require.True(t, w.Code == 204 || w.Code == 304, "%s: %d without a body", name, w.Code)
		return
	}
	require.Contains(t, []string{"application/scim+json", "application/json"}, w.Header().Get("Content-Type"), name)
	require.NotContains(t, w.Body.String(), ":null", name)
	v := r.json()
	require.NotEmpty(t, v["schemas"], name)
	if w.Code >= 400 {
		require.Equal(t, []any{errorURN}, v["schemas"], name)
		require.Equal(t, fmt.Sprint(w.Code), v["status"], name)
		require.NotEmpty(t, v["detail"], name)
	}
	if fmt.Sprint(v["schemas"]) == "["+listURN+"]" {
		require.IsType(t, []any{}, v["Resources"], name)
		for _, number := range []string{"totalResults", "startIndex", "itemsPerPage"} {
			require.IsType(t, 0.0, v[number], name)
		}
	}
}

func TestParseTalk_RefusesWhatItWouldOverlook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"no story", "-- 01-a.http --\nGET /Users\n", "begins with a comment"},
		{"a section of another name", "Story.\n-- 01-a.htpp --\nGET /Users\n", "section 01-a.htpp"},
		{"a response to nothing", "Story.\n-- 01-a.response --\n200\n", "follows the request"},
		{"a response to another request", "Story.\n-- 01-a.http --\nGET /Users\n-- 02-b.response --\n200\n", "follows the request"},
		{"an unknown setting", "Story.\n-- config.yaml --\nstrikt: true\n", "config.yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseTalk(txtar.Parse([]byte(tt.file)))
			require.ErrorContains(t, err, tt.want)
		})
	}
}
