package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/scim"
)

// defaultConfigFile is read where --config names no other.
const defaultConfigFile = "scim-bridge.yaml"

// maxConfigBytes bounds the configuration, so that --config with the wrong
// path is an error and not a full memory. It is far more than 1,000 orgs take.
const maxConfigBytes = 4 << 20

// settings is a configuration that was read and is right.
type settings struct {
	// Bridge lacks the logger.
	Bridge bridge.Config
	// Database is where everything is kept.
	Database database
	// Warnings are what was accepted and should be known.
	Warnings []problem
	// keys is the file as it was understood, defaults included.
	keys fileConfig
}

// configFlag adds --config to a command and returns where its value will be.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("config", defaultConfigFile, "configuration `FILE`")
}

// loadSettings reads and checks a configuration. All that is wrong with it
// comes back as one usageError; nothing is opened but the files it names.
func loadSettings(file string, lookupEnv func(string) (string, bool)) (settings, error) {
	text, err := readConfig(file)
	if err != nil {
		return settings{}, err
	}
	c := &checker{decoder: decoder{lookupEnv: lookupEnv}}
	var s settings
	c.decode(text, &s.keys)
	// After a syntax error nothing is known, and "is missing" would be untrue.
	if c.parsed {
		c.settings(&s)
	}
	if len(c.found) > 0 {
		return settings{}, usageError{problems{file, c.found}}
	}
	s.Warnings = sorted(c.warnings)
	return s, nil
}

func readConfig(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, hinted{usageError{fmt.Errorf("read configuration: %w", err)}, "name the file with --config FILE; docs/configuration.md explains its keys"}
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	if err == nil && len(text) > maxConfigBytes {
		err = fmt.Errorf("%s: has more than %d bytes", file, maxConfigBytes)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("read configuration: %w", err)}
	}
	return text, nil
}

// checker holds the values of a file against what they mean, and makes of them
// what the packages want. Like the decoder it goes on after a mistake.
type checker struct {
	decoder
	warnings []problem
}

// warn notes what is accepted and should be known.
func (c *checker) warn(at, format string, args ...any) {
	c.warnings = append(c.warnings, problem{c.line(at), at, fmt.Sprintf(format, args...)})
}

// settings checks c.keys and fills in the rest of s.
func (c *checker) settings(s *settings) {
	k := s.keys
	s.Bridge.Listen = c.listen("listen", k.Listen)
	s.Bridge.SCIM.BaseURL = c.baseURL("base_url", k.BaseURL)
	s.Bridge.SCIM.TrustedProxies = c.proxies("trusted_proxies", k.TrustedProxies)
	s.Database = c.store("store", k.Store)
	s.Bridge.Socket = s.Database.socket()
	s.Bridge.Journal = c.journal("journal", k.Journal)
	if len(k.Orgs) == 0 && !c.bad("orgs") {
		c.problem("orgs", "is missing, want at least one organisation")
	}
	names, paths, accounts, tokens := unique{}, unique{}, unique{}, unique{}
	for i, o := range k.Orgs {
		at := fmt.Sprintf("orgs[%d]", i)
		if c.misshapen(at) {
			continue
		}
		o.Name = c.name(join(at, "name"), o.Name, orgName, names)
		base := c.path(join(at, "path"), o, i)
		c.once(paths, join(at, "path"), base)
		side := c.scimOrg(at, o, base, tokens)
		s.Bridge.SCIM.Orgs = append(s.Bridge.SCIM.Orgs, side)
		adobe := c.org(at, o)
		s.Bridge.Orgs = append(s.Bridge.Orgs, adobe)
		if o.Adobe.OrgID != "" {
			c.once(accounts, join(at, "adobe.org_id"), adobe.Adobe.URL+" "+o.Adobe.OrgID)
		}
	}
	c.nestedPaths(s)
}

// unique holds where each value was first given.
type unique map[string]string

// once notes a problem if value was seen before. The value is not repeated,
// since it may be a secret.
func (c *checker) once(seen unique, at, value string) {
	if value == "" {
		return
	}
	if first, taken := seen[value]; taken {
		c.problem(at, "is the same as %s, want each once", first)
		return
	}
	seen[value] = at
}

// What names may be: those of orgs stand in paths, those of tokens in logs and
// in the journal.
var (
	orgName   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// name checks a name.
func (c *checker) name(at, name string, pattern *regexp.Regexp, seen unique) string {
	want := "a name of a-z, 0-9 and - such as acme"
	if pattern == tokenName {
		want = "a name of letters, digits, ., _ and - such as okta"
	}
	c.required(at, name, pattern, want)
	if !c.bad(at) {
		c.once(seen, at, name)
	}
	return name
}

// path returns where an org's SCIM endpoints begin.
func (c *checker) path(at string, o fileOrg, i int) string {
	switch {
	case c.bad(at):
		return ""
	case o.Path == "" && i == 0:
		return "/scim/v2"
	case o.Path == "" && o.Name == "":
		return ""
	case o.Path == "":
		return "/" + o.Name + "/scim/v2"
	case o.Path == "/", !strings.HasPrefix(o.Path, "/"), path.Clean(o.Path) != o.Path, strings.ContainsAny(o.Path, "{}*?# %"):
		c.problem(at, "%q is wrong, want a path such as /scim/v2, without a slash at its end", o.Path)
		return ""
	}
	return o.Path
}

// nestedPaths notes each path that another one, or a health endpoint, lies
// below or above of: requests could be meant for both.
func (c *checker) nestedPaths(s *settings) {
	orgs := s.Bridge.SCIM.Orgs
	below := func(a, b string) bool { return strings.HasPrefix(a, b+"/") }
	for i, o := range orgs {
		at := fmt.Sprintf("orgs[%d].path", i)
		for _, health := range []string{"/healthz", "/readyz"} {
			if o.Path == health || below(o.Path, health) {
				c.problem(at, "%q is wrong, %s is the bridge's own", o.Path, health)
			}
		}
		if j := slices.IndexFunc(orgs, func(other scim.Org) bool {
			return o.Path != "" && other.Path != "" && below(o.Path, other.Path)
		}); j >= 0 {
			c.problem(at, "%q lies below orgs[%d].path %q, want paths apart", o.Path, j, orgs[j].Path)
		}
	}
}

// loadListen reads the address that a bridge listens on.
func loadListen(file string, lookupEnv func(string) (string, bool)) (string, error) {
	return loadOne(file, lookupEnv, "listen", func(c *checker, k fileConfig) string { return c.listen("listen", k.Listen) })
}

// loadOne reads what stands at one key. What else is in the file need not be
// right: whoever asks a bridge that runs may lack the rights to read its secrets.
func loadOne[T any](file string, lookupEnv func(string) (string, bool), at string, check func(*checker, fileConfig) T) (T, error) {
	var none T
	text, err := readConfig(file)
	if err != nil {
		return none, err
	}
	c := &checker{decoder: decoder{lookupEnv: lookupEnv}}
	var k fileConfig
	c.decode(text, &k)
	c.found = slices.DeleteFunc(c.found, func(p problem) bool { return c.parsed && p.path != at })
	value := check(c, k)
	if len(c.found) > 0 {
		return none, usageError{problems{file, c.found}}
	}
	return value, nil
}
