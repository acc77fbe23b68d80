package emulator

import (
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
	defaultUsersPerPage   = 2000
	defaultGroupsPerPage  = 400
	defaultMaxCommands    = 10
	defaultMaxListEntries = 20
	defaultMaxMembers     = 200_000
	defaultTokenLifetime  = 24 * time.Hour
	defaultLedgerEntries  = 50_000
	defaultSeed           = 1
)

// maxSteps is how many entries "do" may hold. An early ActionsRef said so, and
// Adobe's own client still cuts there.
const maxSteps = 10

// maxBody is the size in bytes from which an action request is refused.
const maxBody = 1 << 20

// Config is what an [Emulator] needs to know. OrgID, ClientID and ClientSecret
// are required; the zero value of everything else is a usable default.
type Config struct {
	OrgID        string // as in the URL: A1B2C3D4E5F60718293A4B5C@AdobeOrg
	ClientID     string
	ClientSecret string

	// Domains are claimed, all by one directory of DirectoryType. An address in
	// any other domain is unclaimed.
	Domains []string
	// DirectoryType says what may be created in Domains: TypeFederatedID (the
	// default) or TypeEnterpriseID.
	DirectoryType string

	ActionsPerMinute int // action calls a minute; 0 is no limit
	// ReadsPerMinute is for user lists, member lists and single reads, each by
	// itself; group lists get a fifth of it, at least 1. 0 is no limit, and
	// also switches off the lock-out for listing too often.
	ReadsPerMinute int

	UsersPerPage   int           // default 2000
	GroupsPerPage  int           // default 400
	MaxCommands    int           // commands in a call, default 10
	MaxListEntries int           // entries of one add or remove step, default 20
	MaxMembers     int           // members of a user group, default 200,000
	TokenLifetime  time.Duration // default 24h
	LedgerEntries  int           // requests remembered, default 50,000; the oldest go first

	Switches Switches
	Seed     uint64       // for everything that is left to chance; default 1
	Log      *slog.Logger // default: none
}

// Switches choose between readings of what is not documented or is documented
// in two ways. The zero value is the default reading.
type Switches struct {
	// StopOnFirstError ends a command at its first failed step. By default
	// only a failed create does, and each other failed step gives one error.
	StopOnFirstError bool
	// ContinueAfterFailedCreate runs the steps after a failed create.
	ContinueAfterFailedCreate bool
	// UsernameKeepsOnEmailChange leaves the username of a user with e-mail
	// login alone when the e-mail changes. By default it follows.
	UsernameKeepsOnEmailChange bool
	// SoftRemoveOfUnknownSucceeds answers success to removing, without
	// deletion, a user who is not there. By default: error.user.nonexistent.
	SoftRemoveOfUnknownSucceeds bool
	// ShuffleCommands applies the commands of a call in a random order.
	ShuffleCommands bool
	// CreateBesideAdobeID creates the account of the organisation although an
	// Adobe ID with its e-mail is in it. By default nothing is created and
	// success is reported.
	CreateBesideAdobeID bool
	// LenientCreate accepts creates without names or country.
	LenientCreate bool
	// EmptyListAccepted takes an add or remove of an empty list as no change.
	// By default: error.group.invalid_list.
	EmptyListAccepted bool
	// UnchangedListFails answers error.usergroup.user_list.invalid to a user
	// list that changes nothing. By default that is success.
	UnchangedListFails bool
	// SkipBadEntries applies the rest of a list of which an entry is unknown:
	// unknown groups and profiles are still reported, unknown users only when
	// no user of the list is known. By default one such entry voids the list.
	SkipBadEntries bool
	// SeveralVerbsInAStep accepts step objects of several keys, as in 2017.
	SeveralVerbsInAStep bool
	// TestOnlyObserved makes testOnly as strict as was reported from practice:
	// users and groups that do not exist yet are errors.
	TestOnlyObserved bool
	// PageBeyondEnd says what a page after the last one is. By default users
	// repeat the last page and groups answer 200 with "Not found".
	PageBeyondEnd PageBeyondEnd
	// Login restricts the directory to one way to log in. By default both
	// e-mail-shaped and plain usernames are accepted.
	Login Login
}

// PageBeyondEnd is a way to answer a page after the last one.
type PageBeyondEnd string

// The answers to a page after the last one.
const (
	BeyondEndDefault   PageBeyondEnd = ""          // users as BeyondEndRepeat, groups as BeyondEndEmptyBody
	BeyondEndRepeat    PageBeyondEnd = "repeat"    // the last page once more
	BeyondEndEmptyBody PageBeyondEnd = "emptyBody" // 200 {"lastPage":true,"result":"Not found"}
	BeyondEndNotFound  PageBeyondEnd = "notFound"  // the same body with 404
)

// Login is how users of the directory log in.
type Login string

// The ways to log in.
const (
	LoginAny      Login = ""
	LoginEmail    Login = "email"    // a plain username gives error.user.must_match_email
	LoginUsername Login = "username" // an e-mail gives error.user.name.contains.email
)

// withDefaults returns c completed, or all that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	var problems []error
	for _, f := range []struct{ name, value string }{
		{"OrgID", c.OrgID}, {"ClientID", c.ClientID}, {"ClientSecret", c.ClientSecret},
	} {
		if f.value == "" {
			problems = append(problems, fmt.Errorf("%s is empty", f.name))
		}
	}
	for _, f := range []struct {
		name     string
		value    *int
		fallback int
	}{
		{"ActionsPerMinute", &c.ActionsPerMinute, 0},
		{"ReadsPerMinute", &c.ReadsPerMinute, 0},
		{"UsersPerPage", &c.UsersPerPage, defaultUsersPerPage},
		{"GroupsPerPage", &c.GroupsPerPage, defaultGroupsPerPage},
		{"MaxCommands", &c.MaxCommands, defaultMaxCommands},
		{"MaxListEntries", &c.MaxListEntries, defaultMaxListEntries},
		{"MaxMembers", &c.MaxMembers, defaultMaxMembers},
		{"LedgerEntries", &c.LedgerEntries, defaultLedgerEntries},
	} {
		if *f.value < 0 {
			problems = append(problems, fmt.Errorf("%s: %d is negative", f.name, *f.value))
		}
		if *f.value == 0 {
			*f.value = f.fallback
		}
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = defaultTokenLifetime
	}
	if c.TokenLifetime < time.Second {
		problems = append(problems, fmt.Errorf("TokenLifetime: %s is less than a second", c.TokenLifetime))
	}
	if c.Seed == 0 {
		c.Seed = defaultSeed
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	problems = append(problems, c.checkDirectory()...)
	return c, errors.Join(problems...)
}

func (c *Config) checkDirectory() []error {
	var problems []error
	switch c.DirectoryType {
	case "":
		c.DirectoryType = TypeFederatedID
	case TypeFederatedID, TypeEnterpriseID:
	default:
		problems = append(problems, fmt.Errorf("DirectoryType: %q is not %s or %s", c.DirectoryType, TypeFederatedID, TypeEnterpriseID))
	}
	for _, d := range c.Domains {
		if d == "" || strings.ContainsAny(d, "@ /") {
			problems = append(problems, fmt.Errorf("Domains: %q is not a domain", d))
		}
	}
	switch c.Switches.PageBeyondEnd {
	case BeyondEndDefault, BeyondEndRepeat, BeyondEndEmptyBody, BeyondEndNotFound:
	default:
		problems = append(problems, fmt.Errorf("Switches.PageBeyondEnd: %q is unknown", c.Switches.PageBeyondEnd))
	}
	switch c.Switches.Login {
	case LoginAny, LoginEmail, LoginUsername:
	default:
		problems = append(problems, fmt.Errorf("Switches.Login: %q is unknown", c.Switches.Login))
	}
	return problems
}
