package bridge

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/internal/exchange"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// The golden sections, in their order. The last is written only where a story has it.
const (
	sectionDirectory = "directory.json"
	sectionCommands  = "commands.json"
	sectionAdobe     = "adobe.json"
	sectionCalls     = "calls.txt"
)

// story is one file.
type story struct {
	archive  *txtar.Archive
	settings settings
	before   organisation
	steps    []step
	sections map[string]string // the golden ones
}

// settings are those of config.yaml.
type settings struct {
	IdentityType     string   `yaml:"identity_type"`
	Country          string   `yaml:"country"`
	Strict           bool     `yaml:"strict"`
	Domains          []string `yaml:"domains"`
	ActionsPerMinute int      `yaml:"actions_per_minute"`
	ReadsPerMinute   int      `yaml:"reads_per_minute"`

	Groups      []mapping.GroupRule `yaml:"groups"`
	Offboarding mapping.Offboarding `yaml:"offboarding"`
	Protect     mapping.Protection  `yaml:"protect"`
	Brakes      dispatch.Brakes     `yaml:"brakes"` // off where it says nothing

	// How the users of Domains log in, and further directories that Adobe has.
	Login       emulator.Login       `yaml:"login"`
	Directories []emulator.Directory `yaml:"directories"`
}

// directoryType is what the domains hold.
func (s settings) directoryType() string {
	if s.IdentityType == emulator.TypeEnterpriseID {
		return emulator.TypeEnterpriseID
	}
	return emulator.TypeFederatedID
}

// step is a request, commands of somebody else, a turn of things in Adobe, a fault, a restart or a wait; a wait of
// 0 is one until nothing is due.
type step struct {
	name     string
	request  *request
	response *exchange.Response
	console  []umapi.Command
	fault    *emulator.Fault
	adobe    *turn
	restart  *settings
	wait     time.Duration
}

// request is one of a provider, or of an operator.
type request struct {
	exchange.Request
	operator bool
}

var stepName = regexp.MustCompile(`^\d+-[a-z0-9-]+\.(http|operator|response|console|adobe|fault|restart|settle)$`)

func parseStory(a *txtar.Archive) (story, error) {
	s := story{archive: a, sections: map[string]string{}, settings: settings{
		IdentityType: emulator.TypeFederatedID, Country: "US", Domains: []string{"example.com"},
		ActionsPerMinute: 10, ReadsPerMinute: 25,
	}}
	if len(bytes.TrimSpace(a.Comment)) == 0 {
		return s, errors.New("a story begins with a comment that tells it")
	}
	for _, f := range a.Files {
		if err := s.section(f.Name, f.Data); err != nil {
			return s, fmt.Errorf("section %s: %w", f.Name, err)
		}
	}
	return s, nil
}

func (s *story) section(name string, data []byte) error {
	switch name {
	case "config.yaml":
		return yaml.UnmarshalWithOptions(data, &s.settings, yaml.Strict())
	case "adobe-before.json":
		return unmarshalStrictly(data, &s.before)
	case sectionDirectory, sectionCommands, sectionAdobe, sectionCalls:
		s.sections[name] = string(data)
		return nil
	}
	if !stepName.MatchString(name) {
		return errors.New("want config.yaml, adobe-before.json, NN-name with .http, .operator, .response, .console, .adobe, .fault, .restart or .settle, or a golden section")
	}
	if path.Ext(name) == ".restart" {
		now := s.settings
		s.steps = append(s.steps, step{name: name, restart: &now})
		return yaml.UnmarshalWithOptions(data, &now, yaml.Strict())
	}
	made, err := parseStep(name, data)
	if err != nil || made.response == nil {
		s.steps = append(s.steps, made)
		return err
	}
	if len(s.steps) > 0 {
		last := &s.steps[len(s.steps)-1]
		if last.request != nil && strings.TrimSuffix(last.name, path.Ext(last.name)) == strings.TrimSuffix(name, ".response") {
			last.response = made.response
			return nil
		}
	}
	return errors.New("a response follows the request of the same name")
}

func parseStep(name string, data []byte) (step, error) {
	s := step{name: name}
	var err error
	switch text := strings.TrimSpace(string(data)); path.Ext(name) {
	case ".http", ".operator":
		s.request = &request{operator: path.Ext(name) == ".operator"}
		s.request.Request, err = exchange.ParseRequest(data)
	case ".console":
		if err = unmarshalStrictly(data, &s.console); err == nil && len(s.console) == 0 {
			err = errors.New("want a list of commands")
		}
	case ".adobe":
		err = unmarshalStrictly(data, &s.adobe)
	case ".response":
		s.response = &exchange.Response{}
		*s.response, err = exchange.ParseResponse(text)
	case ".fault":
		s.fault, err = parseFault(data)
	default:
		if text != "" {
			s.wait, err = time.ParseDuration(text)
		}
	}
	return s, err
}

// parseFault reads an emulator.Fault with durations such as "30s".
func parseFault(data []byte) (*emulator.Fault, error) {
	var f struct {
		Match, Subject   string
		Moment           emulator.Moment
		Status           int
		Body             json.RawMessage
		RetryAfter, Wait string
		Code, Message    string
		Times            int
	}
	if err := unmarshalStrictly(data, &f); err != nil {
		return nil, err
	}
	retryAfter, err1 := time.ParseDuration(cmp.Or(f.RetryAfter, "0"))
	wait, err2 := time.ParseDuration(cmp.Or(f.Wait, "0"))
	return &emulator.Fault{
		Match: f.Match, Subject: f.Subject, Moment: f.Moment, Status: f.Status, Body: string(f.Body),
		RetryAfter: retryAfter, Wait: wait, Code: f.Code, Message: f.Message, Times: f.Times,
	}, errors.Join(err1, err2)
}

func unmarshalStrictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// golden names the golden sections to compare.
func (s story) golden() []string {
	names := []string{sectionDirectory, sectionCommands, sectionAdobe}
	if _, ok := s.sections[sectionCalls]; ok {
		names = append(names, sectionCalls)
	}
	return names
}

// rewritten is the file with what came out in its golden sections, which stand at its end.
func (s story) rewritten(held map[string]string) *txtar.Archive {
	out := &txtar.Archive{Comment: s.archive.Comment}
	for _, f := range s.archive.Files {
		if _, golden := s.sections[f.Name]; !golden {
			out.Files = append(out.Files, f)
		}
	}
	for _, name := range s.golden() {
		out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(held[name])})
	}
	return out
}
