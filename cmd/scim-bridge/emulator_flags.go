package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// emulatorFlags is what the command line says.
type emulatorFlags struct {
	cfg         emulator.Config
	clients     []string // further ones, as ID:SECRET
	listen      string
	control     string // where the control port listens; empty is nowhere
	tlsDir      string // of the CA; empty is plain http
	state       string // file
	certificate string // file
	switches    switchFlags
	logs        logFlags
}

// flagGroup is a part of the flags of a command, under a heading in its help.
// They are held by a command of their own.
type flagGroup struct {
	title string
	flags *cobra.Command
}

func addEmulatorFlags(cmd *cobra.Command) *emulatorFlags {
	f := &emulatorFlags{switches: switchFlags{}}
	groups := []flagGroup{
		{"Organisation and clients", f.orgFlags()},
		{"Limits", f.limitFlags()},
		{"Behaviour", f.behaviourFlags()},
		{"Serving", f.servingFlags()},
	}
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.flags.Flags())
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		w := cmd.OutOrStderr()
		fmt.Fprintf(w, "Usage:\n  %s\n\nExamples:\n%s\n", cmd.UseLine(), cmd.Example)
		for _, g := range groups {
			fmt.Fprintf(w, "\n%s:\n%s", g.title, g.flags.Flags().FlagUsages())
		}
		return nil
	})
	return f
}

func (f *emulatorFlags) orgFlags() *cobra.Command {
	held := new(cobra.Command)
	flags, cfg := held.Flags(), &f.cfg
	flags.SortFlags = false
	flags.StringVar(&cfg.OrgID, "org-id", "", "`ID` of the organisation, such as ORG@AdobeOrg (required)")
	flags.StringVar(&cfg.ClientID, "client-id", "", "`ID` of the first client (required)")
	flags.StringVar(&cfg.ClientSecret, "client-secret", "", "`SECRET` of the first client (required)")
	flags.StringArrayVar(&f.clients, "client", nil, "further client as `ID:SECRET`, with limits of its own; may be repeated")
	flags.StringArrayVar(&cfg.Domains, "domain", nil, "claimed `DOMAIN`; may be repeated (at least one)")
	flags.StringVar(&f.state, "state", "", "JSON `FILE` of directories, groups and users to begin with, as GET /state of the control port shows them")
	flags.IntVar(&cfg.TechnicalAccounts, "technical-accounts", 0, "users that are counted in X-Total-Count and never listed")
	flags.StringVar(&cfg.TechnicalAccount, "technical-account", "", "`ID` that a signed JWT must be about (default any)")
	flags.StringVar(&f.certificate, "jwt-certificate", "", "PEM `FILE` of the certificate or public key that signed JWTs are checked with (default none, and any signature is good)")
	return held
}

func (f *emulatorFlags) limitFlags() *cobra.Command {
	held := new(cobra.Command)
	flags, cfg := held.Flags(), &f.cfg
	flags.SortFlags = false
	flags.IntVar(&cfg.ActionsPerMinute, "actions-per-minute", documentedActions, "action calls a minute of each client; 0 is no limit")
	flags.IntVar(&cfg.ReadsPerMinute, "reads-per-minute", documentedReads, "reads a minute of users of each client, a fifth of it of groups; 0 is no limit, and no lock-out for listing too often")
	flags.IntVar(&cfg.GlobalPerMinute, "global-per-minute", 0, "calls a minute of each endpoint by all clients together; negative is no limit (default 100, or what one client may make if that is more)")
	flags.DurationVar(&cfg.ListingInterval, "listing-interval", 0, "how often a client may begin to list everything (default 2h)")
	flags.DurationVar(&cfg.TokenLifetime, "token-lifetime", 0, "how long a token is good (default 24h)")
	flags.IntVar(&cfg.UsersPerPage, "users-per-page", 0, "users on a page (default 2000)")
	flags.IntVar(&cfg.GroupsPerPage, "groups-per-page", 0, "groups on a page (default 400)")
	flags.IntVar(&cfg.MaxCommands, "max-commands", 0, "commands in a call; negative is no limit (default 10)")
	flags.IntVar(&cfg.MaxSteps, "max-steps", 0, "steps in a command; negative is no limit (default 10)")
	flags.IntVar(&cfg.MaxListEntries, "max-list-entries", 0, "entries of one add or remove step; negative is no limit (default 20)")
	flags.IntVar(&cfg.MaxBody, "max-body", 0, "bytes of a call (default 1048576)")
	flags.IntVar(&cfg.MaxMembers, "max-members", 0, "members of a user group (default 200000)")
	return held
}

func (f *emulatorFlags) behaviourFlags() *cobra.Command {
	held := new(cobra.Command)
	flags, cfg := held.Flags(), &f.cfg
	flags.SortFlags = false
	flags.Func("preset", "`PRESET`: calm is as documented, rude what every service does now and then, hostile everything at once (default calm)", func(name string) (err error) {
		cfg.Preset, err = emulator.ParsePreset(name)
		return err
	})
	flags.Uint64Var(&cfg.Seed, "seed", 1, "of all chance: the same seed and the same requests give the same faults")
	flags.Func("switch", "reading of what is not documented, as `NAME[=VALUE]`; may be repeated, and wins over the preset", f.switches.add)
	flags.DurationVar(&cfg.ReadLag, "read-lag", 0, "how long a change takes to show in reads")
	return held
}

func (f *emulatorFlags) servingFlags() *cobra.Command {
	held := new(cobra.Command)
	flags := held.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8081", "`ADDRESS` to listen on")
	flags.StringVar(&f.tlsDir, "tls-self-signed", "", "serve https only, with a certificate by the CA in `DIR`, which is made if there is none; clients must trust DIR/ca.pem")
	flags.StringVar(&f.control, "control", "", "`ADDRESS` of a port, without authentication, that arms faults, moves the clock and shows what came in (default none)")
	f.logs = addLogFlags(held)
	return held
}

// furtherClients are those of --client. Its error does not show them: what is
// wrong may be a secret.
func (f *emulatorFlags) furtherClients() ([]emulator.Credential, error) {
	var clients []emulator.Credential
	for _, text := range f.clients {
		id, secret, _ := strings.Cut(text, ":")
		if id == "" || secret == "" {
			return nil, errors.New("--client: want ID:SECRET")
		}
		clients = append(clients, emulator.Credential{ClientID: id, ClientSecret: secret})
	}
	return clients, nil
}

// missing names the required flags that are not there.
func (f *emulatorFlags) missing() []string {
	var missing []string
	for name, given := range map[string]bool{
		"--org-id": f.cfg.OrgID != "", "--client-id": f.cfg.ClientID != "",
		"--client-secret": f.cfg.ClientSecret != "", "--domain": len(f.cfg.Domains) > 0,
	} {
		if !given {
			missing = append(missing, name)
		}
	}
	return missing
}

// byFlag names flags where an error of the emulator's configuration names fields.
func byFlag(err error) error {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, byFlag(e))
		}
		return errors.Join(all...)
	}
	if e, ok := errors.AsType[*emulator.FieldError](err); ok {
		return fmt.Errorf("%s: %s", flagOf(e.Field), e.Problem)
	}
	return err
}

var (
	wordEnd = regexp.MustCompile(`([a-z])([A-Z])`)
	// irregular are the fields whose flags have other names.
	irregular = map[string]string{"Domains": "--domain", "Certificate": "--jwt-certificate", "Switches": "--switch"}
)

// flagOf is the flag of a field of the emulator's configuration.
func flagOf(field string) string {
	field, _, _ = strings.Cut(field, ".")
	if strings.HasPrefix(field, "Clients[") {
		return "--client"
	}
	if flag, ok := irregular[field]; ok {
		return flag
	}
	return "--" + strings.ToLower(wordEnd.ReplaceAllString(field, "$1-$2"))
}

// switchFlags are the switches that were named, with their values.
type switchFlags map[string]any

// add reads NAME or NAME=VALUE.
func (s switchFlags) add(text string) error {
	name, value, given := strings.Cut(text, "=")
	known, err := knownSwitches()
	if err != nil {
		return err
	}
	kind, ok := known[name]
	if !ok {
		return unknownSwitch(name, known)
	}
	if _, is := kind.(string); is {
		if !given {
			return fmt.Errorf("%s needs a value: %s=VALUE", name, name)
		}
		s[name] = value
		return nil
	}
	on := true
	if given {
		if on, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("%s is true or false", name)
		}
	}
	s[name] = on
	return nil
}

// over puts what was named into switches.
func (s switchFlags) over(switches *emulator.Switches) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, switches)
}

// knownSwitches are the names of all switches, each with the value that it has
// by default: false or an empty string.
func knownSwitches() (map[string]any, error) {
	text, err := json.Marshal(emulator.Switches{})
	if err != nil {
		return nil, err
	}
	known := map[string]any{}
	return known, json.Unmarshal(text, &known)
}

func unknownSwitch(name string, known map[string]any) error {
	spelling := map[string]string{}
	for k := range known {
		spelling[strings.ToLower(k)] = k
	}
	if near := nearest(name, slices.Sorted(maps.Keys(spelling))); near != "" {
		return fmt.Errorf("%s is not a switch, did you mean %s?", name, spelling[near])
	}
	return fmt.Errorf("%s is not a switch; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}
