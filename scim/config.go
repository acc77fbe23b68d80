package scim

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Limits bound what one request may cost. Zero means the default.
type Limits struct {
	// UserBody and GroupBody are the most bytes of a request's body: the one for
	// users and searches, the other for groups, which list their members, and
	// for Bulk, where it is the maxPayloadSize of RFC 7644 section 3.7.4.
	UserBody, GroupBody int64
	// BulkOperations is the maxOperations of RFC 7644 section 3.7.4.
	BulkOperations int
}

// DefaultLimits are those where the configuration names none.
var DefaultLimits = Limits{UserBody: 1 << 20, GroupBody: 24 << 20, BulkOperations: 1000}

// What happens to member ids that are no resource of the org.
const (
	// UnknownMembersSkip leaves them out.
	UnknownMembersSkip = "skip"
	// UnknownMembersRefuse answers 400 and changes nothing.
	UnknownMembersRefuse = "refuse"
)

// What happens to members that are groups.
const (
	// NestedGroupsFlatten takes them; their members count as members.
	NestedGroupsFlatten = "flatten"
	// NestedGroupsRefuse answers 400 and changes nothing.
	NestedGroupsRefuse = "refuse"
)

// Config is what a handler is made of.
type Config struct {
	// BaseURL is what clients reach, such as https://scim.example.com, without
	// an org's path. It is the beginning of Location, meta.location and $ref.
	// Empty means: from each request.
	BaseURL string
	// TrustedProxies are those whose X-Forwarded-Proto and X-Forwarded-Host, or
	// else Forwarded, are believed where BaseURL is empty.
	TrustedProxies []netip.Prefix
	// Orgs are served side by side; there is at least one.
	Orgs []Org
	// Log is told of failures; nil discards them.
	Log *slog.Logger
}

// Org is one organisation with a directory of its own.
type Org struct {
	Name string
	// Path is where the org's endpoints begin, such as /scim/v2.
	Path string
	// Tokens are all equally good; each names who asked in the journal.
	Tokens []Token
	// Strict refuses what the RFCs refuse, instead of what is senseless only.
	Strict bool
	// UnknownMembers is UnknownMembersSkip, the default, or UnknownMembersRefuse.
	UnknownMembers string
	// NestedGroups is NestedGroupsFlatten, the default, or NestedGroupsRefuse.
	NestedGroups string
	Limits       Limits
}

// Token is one bearer token (RFC 6750), known by its SHA-256 alone.
type Token struct {
	Name   string
	SHA256 [32]byte
	// Expires is when the token ends to be good; zero means never.
	Expires time.Time
}

// withDefaults returns the configuration with nothing left out.
func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	orgs := make([]Org, len(c.Orgs))
	for i, o := range c.Orgs {
		o.UnknownMembers = cmp.Or(o.UnknownMembers, UnknownMembersSkip)
		o.NestedGroups = cmp.Or(o.NestedGroups, NestedGroupsFlatten)
		o.Limits = o.Limits.withDefaults()
		o.Path = strings.TrimRight(o.Path, "/")
		orgs[i] = o
	}
	c.Orgs = orgs
	return c
}

func (l Limits) withDefaults() Limits {
	return Limits{
		UserBody:       cmp.Or(l.UserBody, DefaultLimits.UserBody),
		GroupBody:      cmp.Or(l.GroupBody, DefaultLimits.GroupBody),
		BulkOperations: cmp.Or(l.BulkOperations, DefaultLimits.BulkOperations),
	}
}

// validate reports everything that is wrong at once.
func (c Config) validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
			problem("base URL %q: want https://HOST, without a query", c.BaseURL)
		}
	}
	if len(c.Orgs) == 0 {
		problem("no org")
	}
	names, paths := map[string]bool{}, map[string]string{}
	tokens := map[[32]byte]string{}
	for _, o := range c.Orgs {
		if o.Name == "" || names[o.Name] {
			problem("org name %q: want a name that no other org has", o.Name)
		}
		names[o.Name] = true
		if !strings.HasPrefix(o.Path, "/") || strings.ContainsAny(o.Path, "{}*?# ") || strings.Contains(o.Path, "//") {
			problem("org %s: path %q: want one such as /scim/v2", o.Name, o.Path)
		}
		if other, taken := paths[o.Path]; taken {
			problem("org %s: path %q: org %s has it", o.Name, o.Path, other)
		}
		paths[o.Path] = o.Name
		if o.UnknownMembers != UnknownMembersSkip && o.UnknownMembers != UnknownMembersRefuse {
			problem("org %s: unknown members %q: want %s or %s", o.Name, o.UnknownMembers, UnknownMembersSkip, UnknownMembersRefuse)
		}
		if o.NestedGroups != NestedGroupsFlatten && o.NestedGroups != NestedGroupsRefuse {
			problem("org %s: nested groups %q: want %s or %s", o.Name, o.NestedGroups, NestedGroupsFlatten, NestedGroupsRefuse)
		}
		if l := o.Limits; l.UserBody < 0 || l.GroupBody < 0 || l.BulkOperations < 0 {
			problem("org %s: limits %d, %d and %d: want positive numbers", o.Name, l.UserBody, l.GroupBody, l.BulkOperations)
		}
		errs = append(errs, validateTokens(o, tokens)...)
	}
	return errors.Join(errs...)
}

// validateTokens checks an org's tokens against those seen so far: a token
// names its org, so no two orgs share one.
func validateTokens(o Org, seen map[[32]byte]string) []error {
	var errs []error
	if len(o.Tokens) == 0 {
		errs = append(errs, fmt.Errorf("org %s: no token: nobody could sign in", o.Name))
	}
	for _, t := range o.Tokens {
		if t.SHA256 == [32]byte{} {
			errs = append(errs, fmt.Errorf("org %s: token %q: no hash", o.Name, t.Name))
			continue
		}
		if other, taken := seen[t.SHA256]; taken {
			errs = append(errs, fmt.Errorf("org %s: token %q: the same as %s", o.Name, t.Name, other))
		}
		seen[t.SHA256] = fmt.Sprintf("token %q of org %s", t.Name, o.Name)
	}
	return errs
}
