package umapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ReadOption narrows a listing, or says something about it. One that a listing
// does not have makes the read fail with [ErrInvalid]; each one says where it
// belongs.
type ReadOption func(*readOptions)

// InDomain lists only users of the directory that has this domain. It is for
// all users; see getUsersWithPage.
func InDomain(domain string) ReadOption {
	return func(o *readOptions) {
		o.set("domain", domain)
		if strings.TrimSpace(domain) == "" || strings.Contains(domain, "@") {
			o.refuse(fmt.Errorf("domain %q: want the domain of a directory", domain))
		}
	}
}

// DirectOnly says which product profiles stand among a user's groups: with
// true, as without the option, those that the user holds directly; with false
// also those held through a user group. It is for users and members.
func DirectOnly(direct bool) ReadOption {
	return func(o *readOptions) { o.set("directOnly", strconv.FormatBool(direct)) }
}

// MemberStatus says whether a member of a product profile holds a licence.
type MemberStatus string

// The statuses of members of a product profile.
const (
	MemberActive   MemberStatus = "active"   // holds one
	MemberInactive MemberStatus = "inactive" // joined when none was left
)

// OnlyStatus lists only the members of a product profile with this status. It is
// for members; see getUsersByGroup.
func OnlyStatus(s MemberStatus) ReadOption {
	return func(o *readOptions) {
		o.set("status", string(s))
		if s != MemberActive && s != MemberInactive {
			o.refuse(fmt.Errorf("status %q: want %s or %s", string(s), MemberActive, MemberInactive))
		}
	}
}

// ExcludeGroups lists users without their groups, which makes the answer much
// smaller. It is for members; see getUsersByGroup.
func ExcludeGroups() ReadOption {
	return func(o *readOptions) { o.set("excludeGroups", "true") }
}

// SyncStart says that a synchronization starts with this listing, SyncEnd that
// one ends with it. Adobe's own clients say so, it is documented nowhere, and
// Adobe's support said that the lock-out for listing too often is milder then. A
// listing says the one with its first page, and the other with its last, if
// that is known beforehand: not if there is only one. A single page says what
// it is told to. They are for every listing.
func SyncStart() ReadOption { return func(o *readOptions) { o.start = true } }

// SyncEnd is the counterpart of [SyncStart].
func SyncEnd() ReadOption { return func(o *readOptions) { o.end = true } }

// onPage keeps of SyncStart and SyncEnd what belongs to a page.
func onPage(first, last bool) ReadOption {
	return func(o *readOptions) { o.start, o.end = o.start && first, o.end && last }
}

// readOptions are the options of one read, put together.
type readOptions struct {
	query      url.Values
	start, end bool
	wrong      error // the first thing that is wrong
}

func (o *readOptions) set(name, value string) {
	if o.query == nil {
		o.query = url.Values{}
	}
	o.query.Set(name, value)
}

func (o *readOptions) refuse(err error) {
	if o.wrong == nil {
		o.wrong = err
	}
}

// collect puts options together for a read that has the parameters named.
func collect(options []ReadOption, parameters []string) (readOptions, error) {
	var o readOptions
	for _, option := range options {
		option(&o)
	}
	for name := range o.query {
		if !slices.Contains(parameters, name) {
			o.refuse(fmt.Errorf("option %s: not for this read", name))
		}
	}
	return o, o.wrong
}

// suffix is the query of the URL.
func (o readOptions) suffix() string {
	if len(o.query) == 0 {
		return ""
	}
	return "?" + o.query.Encode()
}

// pragma is the value of the header of that name, once for each.
func (o readOptions) pragma() []string {
	var values []string
	if o.start {
		values = append(values, "umapi-sync-start")
	}
	if o.end {
		values = append(values, "umapi-sync-end")
	}
	return values
}
