package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// The types of identity, as UMAPI spells them in "type".
const (
	TypeAdobeID      = "adobeID"
	TypeEnterpriseID = "enterpriseID"
	TypeFederatedID  = "federatedID"
)

// What a [Config] leaves out.
const (
	defaultUsersPerPage    = 2000
	defaultGroupsPerPage   = 400
	defaultMaxCommands     = 10
	defaultMaxSteps        = 10
	defaultMaxListEntries  = 20
	defaultMaxMembers      = 200_000
	defaultMaxBody         = 1 << 20
	defaultTokenLifetime   = 24 * time.Hour
	defaultListingInterval = 2 * time.Hour
	defaultLedgerEntries   = 50_000
	defaultSeed            = 1
)

// Config is what an [Emulator] needs to know. OrgID, ClientID and ClientSecret
// are required; the zero value of everything else is a usable default.
type Config struct {
	OrgID        string // as in the URL: A1B2C3D4E5F60718293A4B5C@AdobeOrg
	ClientID     string
	ClientSecret string
	// Clients are further credentials of the same organisation, each with
	// limits of its own.
	Clients []Credential

	// TechnicalAccount and Certificate belong to the old exchange of a signed
	// JWT. If TechnicalAccount is empty any subject is accepted. Certificate is
	// the PEM of a certificate or of a public RSA key; if it is empty, a
	// signature cannot be checked and any is accepted.
	TechnicalAccount string
	Certificate      []byte

	// Domains are claimed, all by one directory of DirectoryType and Login. An
	// address in any other domain, unless one of Directories has it, is
	// unclaimed.
	Domains []string
	// DirectoryType says what may be created in Domains: TypeFederatedID (the
	// default) or TypeEnterpriseID.
	DirectoryType string
	// Login restricts Domains to one way to log in. By default both
	// e-mail-shaped and plain usernames are accepted.
	Login Login
	// Directories are further ones.
	Directories []Directory

	ActionsPerMinute int // action calls a minute for each client; 0 is no limit
	// ReadsPerMinute is for user lists, member lists and single reads, each by
	// itself, for each client; group lists and the deprecated reads of groups
	// and products get a fifth of it, at least 1. 0 is no limit, and also
	// switches off the lock-out for listing too often.
	ReadsPerMinute int
	// GlobalPerMinute is for each endpoint and all clients together; the
	// deprecated user groups and changes of profiles get half of it, at least 1.
	// Negative is no limit, and endpoints without one for each client have none
	// either. Default 100, and never less than the limit of one client.
	GlobalPerMinute int
	// ListingInterval is how often one may begin to list all users, or all
	// groups; default 2h.
	ListingInterval time.Duration

	UsersPerPage   int           // default 2000
	GroupsPerPage  int           // default 400
	MaxCommands    int           // commands in a call, default 10; negative is no limit
	MaxSteps       int           // steps in a command, default 10; negative is no limit
	MaxListEntries int           // entries of one add or remove step, default 20; negative is no limit
	MaxMembers     int           // members of a user group, default 200,000
	MaxBody        int           // bytes of an action call, default 1 MiB
	TokenLifetime  time.Duration // default 24h
	LedgerEntries  int           // requests remembered, default 50,000; the oldest go first

	// ReadLag is how long a change takes to show in reads.
	ReadLag time.Duration
	// TechnicalAccounts are counted in X-Total-Count of the list of users, and
	// never listed.
	TechnicalAccounts int

	Switches Switches
	Preset   Preset
	Seed     uint64       // for everything that is left to chance; default 1
	Log      *slog.Logger // default: none
}

// Credential is a client that may call the API.
type Credential struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

// Directory holds the accounts of one type in the domains that it claims.
type Directory struct {
	Domains []string `json:"domains"`
	Type    string   `json:"type,omitempty"` // TypeFederatedID (the default) or TypeEnterpriseID
	Login   Login    `json:"login,omitempty"`
	// Trusted says that another organisation owns the directory, and lets this
	// one use it: its accounts can join and leave, and not be changed.
	Trusted bool `json:"trusted,omitempty"`
	// Synced says that Entra ID or Google fills the directory, so that accounts
	// cannot be made or removed through the API.
	Synced bool `json:"synced,omitempty"`
}

// Login is how users of a directory log in.
type Login string

// The ways to log in.
const (
	LoginAny      Login = ""
	LoginEmail    Login = "email"    // a plain username gives error.user.must_match_email
	LoginUsername Login = "username" // an e-mail gives error.user.name.contains.email
)

// FieldError says what is wrong with a field of a [Config].
type FieldError struct {
	Field   string // as in Go: MaxCommands, or Directories[0].Domains
	Problem string
}

// Error implements error.
func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

func wrong(field, format string, args ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// withDefaults returns c completed, or all that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	var problems []error
	for _, f := range []struct{ name, value string }{
		{"OrgID", c.OrgID}, {"ClientID", c.ClientID}, {"ClientSecret", c.ClientSecret},
	} {
		if f.value == "" {
			problems = append(problems, wrong(f.name, "it is empty"))
		}
	}
	problems = append(problems, c.completeNumbers()...)
	problems = append(problems, c.completeTimes()...)
	problems = append(problems, c.checkClients()...)
	if c.Seed == 0 {
		c.Seed = defaultSeed
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Directories = append([]Directory{{Domains: c.Domains, Type: c.DirectoryType, Login: c.Login}}, c.Directories...)
	claimed := map[string]bool{}
	for i := range c.Directories {
		problems = append(problems, c.Directories[i].complete(claimed, func(field string) string { return configField(i, field) })...)
	}
	if err := c.Switches.check(); err != nil {
		problems = append(problems, wrong("Switches", "%v", err))
	}
	return c, errors.Join(problems...)
}

// completeNumbers puts defaults in the place of 0, and returns what is too
// small.
func (c *Config) completeNumbers() []error {
	var problems []error
	for _, f := range []struct {
		name     string
		value    *int
		fallback int
		minimum  int
	}{
		{"ActionsPerMinute", &c.ActionsPerMinute, 0, 0},
		{"ReadsPerMinute", &c.ReadsPerMinute, 0, 0},
		{"GlobalPerMinute", &c.GlobalPerMinute, 0, -1},
		{"UsersPerPage", &c.UsersPerPage, defaultUsersPerPage, 0},
		{"GroupsPerPage", &c.GroupsPerPage, defaultGroupsPerPage, 0},
		{"MaxCommands", &c.MaxCommands, defaultMaxCommands, -1},
		{"MaxSteps", &c.MaxSteps, defaultMaxSteps, -1},
		{"MaxListEntries", &c.MaxListEntries, defaultMaxListEntries, -1},
		{"MaxMembers", &c.MaxMembers, defaultMaxMembers, 0},
		{"MaxBody", &c.MaxBody, defaultMaxBody, 0},
		{"LedgerEntries", &c.LedgerEntries, defaultLedgerEntries, 0},
		{"TechnicalAccounts", &c.TechnicalAccounts, 0, 0},
	} {
		if *f.value < f.minimum {
			problems = append(problems, wrong(f.name, "%d is less than %d", *f.value, f.minimum))
		}
		if *f.value == 0 {
			*f.value = f.fallback
		}
	}
	return problems
}

// completeTimes is completeNumbers for durations.
func (c *Config) completeTimes() []error {
	c.TokenLifetime = cmp.Or(c.TokenLifetime, defaultTokenLifetime)
	c.ListingInterval = cmp.Or(c.ListingInterval, defaultListingInterval)
	var problems []error
	for _, f := range []struct {
		name           string
		value, minimum time.Duration
	}{
		{"TokenLifetime", c.TokenLifetime, time.Second},
		{"ListingInterval", c.ListingInterval, 0},
		{"ReadLag", c.ReadLag, 0},
	} {
		if f.value < f.minimum {
			problems = append(problems, wrong(f.name, "%s is less than %s", f.value, f.minimum))
		}
	}
	return problems
}

// configField names a field of the directory at index. The first is that of
// [Config.Domains].
func configField(index int, field string) string {
	switch {
	case index > 0:
		return fmt.Sprintf("Directories[%d].%s", index-1, field)
	case field == "Type":
		return "DirectoryType"
	}
	return field
}

// complete fills in what d leaves out, adds its domains to those claimed, and
// returns all that is wrong with it. name is how to name a field of d.
func (d *Directory) complete(claimed map[string]bool, name func(field string) string) []error {
	var problems []error
	problem := func(field, format string, args ...any) {
		problems = append(problems, wrong(name(field), format, args...))
	}
	d.Type = cmp.Or(d.Type, TypeFederatedID)
	if d.Type != TypeFederatedID && d.Type != TypeEnterpriseID {
		problem("Type", "%q is not %s or %s", d.Type, TypeFederatedID, TypeEnterpriseID)
	}
	switch d.Login {
	case LoginAny, LoginEmail, LoginUsername:
	default:
		problem("Login", "%q is unknown", d.Login)
	}
	for _, domain := range d.Domains {
		if domain == "" || strings.ContainsAny(domain, "@ /") {
			problem("Domains", "%q is not a domain", domain)
		}
		if claimed[fold(domain)] {
			problem("Domains", "%q is claimed twice", domain)
		}
		claimed[fold(domain)] = true
	}
	return problems
}
