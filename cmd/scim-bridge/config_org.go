package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// The rates that Adobe documents, in calls a minute and client; see ActionsRef
// and UserRef.
const (
	documentedActions = 10
	documentedReads   = 25
)

// What a call may take: less than shortTimeout may be too little for Adobe and ten
// commands. A replica, which may have another configuration, looks no further back than
// an hour for calls that may still arrive; see package dispatch.
const (
	shortTimeout = 30 * time.Second
	maxTimeout   = time.Hour
)

// shortToken is the length below which a bearer token can be guessed.
const shortToken = 32

// expiresSoon is how long before its end a token is warned about.
const expiresSoon = 30 * 24 * time.Hour

// What the limits of one request may be. A user hardly fits into less than
// minBody, and what is above the others would be held in memory.
const (
	minBody           = 4 << 10
	maxBody           = 1 << 30
	maxBulkOperations = 100_000
)

// What identifies us to Adobe goes into URLs and headers.
var (
	orgIDPattern    = regexp.MustCompile(`^[A-Za-z0-9._-]+@AdobeOrg$`)
	clientIDPattern = regexp.MustCompile(`^[!-~]+$`)
)

// maxSecretBytes bounds the files that hold secrets.
const maxSecretBytes = 64 << 10

// scimOrg returns the side of the identity providers.
func (c *checker) scimOrg(at string, o fileOrg, base string, tokens unique) scim.Org {
	in := join(at, "scim")
	limits := join(in, "limits")
	side := scim.Org{
		Name:           o.Name,
		Path:           base,
		Strict:         o.SCIM.Strict,
		UnknownMembers: c.oneOf(join(in, "unknown_members"), o.SCIM.UnknownMembers, scim.UnknownMembersSkip, scim.UnknownMembersRefuse),
		NestedGroups:   c.oneOf(join(in, "nested_groups"), o.SCIM.NestedGroups, scim.NestedGroupsFlatten, scim.NestedGroupsRefuse),
		Limits: scim.Limits{
			UserBody:       int64(c.within(join(limits, "user_body"), o.SCIM.Limits.UserBody, minBody, maxBody)),
			GroupBody:      int64(c.within(join(limits, "group_body"), o.SCIM.Limits.GroupBody, minBody, maxBody)),
			BulkOperations: c.within(join(limits, "bulk_operations"), o.SCIM.Limits.BulkOperations, 1, maxBulkOperations),
		},
	}
	if len(o.Tokens) == 0 && !c.bad(join(at, "tokens")) {
		c.problem(join(at, "tokens"), "is missing, want at least one token")
	}
	names := unique{}
	for i, t := range o.Tokens {
		at := index(join(at, "tokens"), i)
		if c.misshapen(at) {
			continue
		}
		name := c.name(join(at, "name"), t.Name, tokenName, names)
		expires := c.expires(join(at, "expires"), t.Expires)
		if sum, ok := c.token(at, t); ok {
			c.once(tokens, at, string(sum[:]))
			side.Tokens = append(side.Tokens, scim.Token{Name: name, SHA256: sum, Expires: expires})
		}
	}
	return side
}

// token returns the hash of a bearer token.
func (c *checker) token(at string, t fileToken) ([sha256.Size]byte, bool) {
	var sum [sha256.Size]byte
	key, ok := c.exactlyOne(at, "secret", "secret_file", "sha256")
	if !ok {
		return sum, false
	}
	at = join(at, key)
	var text string
	switch key {
	case "secret":
		text = t.Secret.reveal()
	case "secret_file":
		text, ok = c.secretFile(at, t.SecretFile)
	case "sha256":
		n, err := hex.Decode(sum[:], []byte(trimTo(t.SHA256.reveal(), hex.EncodedLen(len(sum)))))
		if err != nil || n != len(sum) {
			c.problem(at, "is not a SHA-256, want 64 hexadecimal digits")
			return sum, false
		}
		return sum, true
	}
	switch {
	case !ok:
		return sum, false
	case text == "":
		c.problem(at, "is empty, want a token of at least %d characters", shortToken)
		return sum, false
	case len(text) < shortToken:
		c.warn(at, "has %d characters: one of at least %d cannot be guessed", len(text), shortToken)
	}
	return sha256.Sum256([]byte(text)), true
}

// expires returns when a token ends: at a moment, or with the end of a day in
// UTC. Zero is never.
func (c *checker) expires(at, value string) time.Time {
	if value == "" || c.bad(at) {
		return time.Time{}
	}
	end, err := time.Parse(time.RFC3339, value)
	if err != nil {
		var day time.Time
		if day, err = time.Parse(time.DateOnly, value); err != nil {
			c.problem(at, "%q is wrong, want a day such as 2027-01-31, or a moment such as 2027-01-31T18:00:00Z", value)
			return time.Time{}
		}
		end = day.AddDate(0, 0, 1)
	}
	switch left := time.Until(end); {
	case left <= 0:
		c.warn(at, "%s is over: whoever uses this token is refused", value)
	case left < expiresSoon:
		c.warn(at, "%s is near: give the identity provider another token before", value)
	}
	return end.UTC()
}

// trimTo returns s if it has n characters, else nothing.
func trimTo(s string, n int) string {
	if len(s) != n {
		return ""
	}
	return s
}

// exactlyOne returns which of the keys below at was given.
func (c *checker) exactlyOne(at string, keys ...string) (string, bool) {
	var given []string
	for _, k := range keys {
		if c.given(join(at, k)) {
			given = append(given, k)
		}
	}
	switch {
	case len(given) == 0:
		c.problem(at, "has no secret, want one of %s", either(keys))
		return "", false
	case len(given) > 1:
		c.problem(at, "has %s, want only one of them", strings.Join(given, " and "))
		return "", false
	}
	return given[0], !c.bad(join(at, given[0]))
}

// secretFile returns what a file holds, without the newline at its end.
func (c *checker) secretFile(at, file string) (string, bool) {
	text, err := readSecret(file)
	if err != nil {
		// Without the name, which may be the secret, in the wrong key.
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		c.problem(at, "cannot be used: %v, want a file with the secret and nothing else", err)
		return "", false
	}
	return text, true
}

// readSecret reads a secret from a file. An error names the file alone.
func readSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.IsDir() || info.Size() > maxSecretBytes {
		return "", &fs.PathError{Op: "read", Path: file, Err: fmt.Errorf("a folder, or more than %d bytes", maxSecretBytes)}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", &fs.PathError{Op: "read", Path: file, Err: errors.New("the file is empty")}
	}
	return secret, nil
}

// org returns Adobe's side.
func (c *checker) org(at string, o fileOrg) bridge.Org {
	a, in := o.Adobe, join(at, "adobe")
	limits := join(in, "limits")
	timeout := c.timeout(join(in, "timeout"), a.Timeout)
	return bridge.Org{
		Adobe: umapi.Config{
			OrgID:        c.required(join(in, "org_id"), a.OrgID, orgIDPattern, "an id such as A1B2C3D4E5F60718293A4B5C@AdobeOrg"),
			ClientID:     c.required(join(in, "client_id"), a.ClientID, clientIDPattern, "the client id of the credentials in Adobe's developer console"),
			ClientSecret: c.clientSecret(in, a),
			URL:          c.url(join(in, "url"), a.URL, "https://usermanagement.adobe.io/v2/usermanagement"),
			IMSURL:       c.url(join(in, "ims_url"), a.IMSURL, "https://ims-na1.adobelogin.com"),
			RootCAs:      c.roots(join(in, "ca_file"), a.CAFile),
			Timeout:      timeout,
		},
		Dispatch: dispatch.Config{
			Org:              o.Name,
			CallTimeout:      timeout,
			ActionsPerMinute: c.rate(join(in, "actions_per_minute"), a.ActionsPerMinute, documentedActions),
			ReadsPerMinute:   c.rate(join(in, "reads_per_minute"), a.ReadsPerMinute, documentedReads),
			Limits: plan.Limits{
				Commands: c.within(join(limits, "commands"), a.Limits.Commands, 1, umapi.MaxCommands),
				Steps:    c.within(join(limits, "steps"), a.Limits.Steps, 1, umapi.MaxSteps),
				Entries:  c.within(join(limits, "entries"), a.Limits.Entries, 1, umapi.MaxEntries),
			},
			Rules:  c.rules(at, o),
			Brakes: c.brakes(join(at, "brakes"), o.Brakes),
		},
	}
}

// clientSecret returns what asks for the secret. A file is read each time, so
// that a secret can be replaced while the bridge runs.
func (c *checker) clientSecret(at string, a fileAdobe) func() (string, error) {
	key, ok := c.exactlyOne(at, "client_secret", "client_secret_file")
	switch {
	case !ok:
		return nil
	case key == "client_secret_file":
		file := a.ClientSecretFile
		c.secretFile(join(at, key), file)
		return func() (string, error) { return readSecret(file) }
	case a.ClientSecret.reveal() == "":
		c.problem(join(at, key), "is empty, want the client secret of the credentials")
	}
	return func() (string, error) { return a.ClientSecret.reveal(), nil }
}

// timeout checks how long a call may take. What became of one that was given up is
// looked for after that time, which is too early while Adobe still works on it.
func (c *checker) timeout(at string, value time.Duration) time.Duration {
	switch {
	case value <= 0, value > maxTimeout:
		c.problem(at, "%s is out of range, want more than 0 and at most 1h", value)
	case value < shortTimeout && !c.bad(at):
		c.warn(at, "%s is less than %s: Adobe may still be working on calls that were given up", value, shortTimeout)
	}
	return value
}

// roots returns the certificate authorities to believe if a file names further
// ones, else nil, which is the system's.
func (c *checker) roots(at, file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		c.problem(at, "%v, want a file of certificates in PEM", err)
		return nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		c.problem(at, "%s holds no certificate, want certificates in PEM", file)
	}
	return roots
}

// rules checks what users become, what becomes of those who go, and what is
// never touched.
func (c *checker) rules(org string, o fileOrg) mapping.Rules {
	at, m := join(org, "mapping"), o.Mapping
	types := []string{string(umapi.FederatedID), string(umapi.EnterpriseID), string(umapi.AdobeID)}
	kind := c.oneOf(join(at, "identity_type"), m.IdentityType, types...)
	r := mapping.Rules{IdentityType: umapi.FederatedID, Country: m.Country}
	if err := r.Validate(); err != nil && !c.bad(join(at, "country")) {
		c.problem(join(at, "country"), "%q is wrong, want an ISO 3166-1 code in upper case such as US", m.Country)
	}
	r.IdentityType = umapi.IdentityType(kind)
	r.Offboarding = c.offboarding(join(org, "offboarding"), o.Offboarding)
	r.Protected = mapping.Protection{
		Users:  c.patterns(join(org, "protect.users"), o.Protect.Users),
		Groups: c.patterns(join(org, "protect.groups"), o.Protect.Groups),
	}
	r.Groups = c.groupRules(join(at, "groups"), m.Groups, r)
	return r
}

// groupRules checks what groups are mapped to. No group is mapped to nothing because
// a key was forgotten.
func (c *checker) groupRules(at string, rules []fileGroupRule, r mapping.Rules) []mapping.GroupRule {
	var all []mapping.GroupRule
	froms := unique{}
	for i, rule := range rules {
		at := index(at, i)
		if c.misshapen(at) {
			continue
		}
		switch from := join(at, "from"); {
		case c.bad(from):
		case rule.From == "":
			c.problem(from, "is missing, want the displayName of groups, in which * stands for anything")
		default:
			c.once(froms, from, directory.Fold(rule.From))
		}
		if to := join(at, "to"); rule.To == nil && !c.bad(to) {
			c.problem(to, "is missing, want a list of Adobe groups, [] to map to none")
		}
		names := unique{}
		for j, name := range rule.To {
			to := index(join(at, "to"), j)
			if err := r.CheckTarget(name); err != nil && !c.bad(to) {
				c.problem(to, "%v", err)
			}
			c.once(names, to, directory.Fold(name))
		}
		all = append(all, mapping.GroupRule{From: rule.From, To: rule.To})
	}
	return all
}

func (c *checker) offboarding(at string, o fileOffboarding) mapping.Offboarding {
	fates := []string{
		string(mapping.FateKeep), string(mapping.FateRemoveMemberships), string(mapping.FateLeave), string(mapping.FateDelete),
	}
	if o.Delay < 0 {
		c.problem(join(at, "delay"), "%s is out of range, want 0 or more", o.Delay)
	}
	return mapping.Offboarding{
		Deactivated: mapping.Fate(c.oneOf(join(at, "deactivated"), o.Deactivated, fates...)),
		Deleted:     mapping.Fate(c.oneOf(join(at, "deleted"), o.Deleted, fates...)),
		Delay:       o.Delay,
	}
}

// patterns checks names in which * stands for anything.
func (c *checker) patterns(at string, patterns []string) []string {
	for i, p := range patterns {
		if p == "" {
			c.problem(index(at, i), "%q is wrong, want a name in which * stands for anything, such as *@admins.example.com", p)
		}
	}
	return patterns
}

// brakes checks the bounds on what is removed without a person.
func (c *checker) brakes(at string, b fileBrakes) dispatch.Brakes {
	if b.Off || c.bad(at) {
		return dispatch.Brakes{}
	}
	return dispatch.Brakes{
		Departures:   c.brake(join(at, "departures"), dispatch.Brake(b.Departures)),
		Entitlements: c.brake(join(at, "entitlements"), dispatch.Brake(b.Entitlements)),
	}
}
