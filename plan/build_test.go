package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var ada = who{login: "ada@example.com", email: "ada@example.com", first: "Ada", last: "Byron"}

func (p who) with(edit func(*who)) who {
	edit(&p)
	return p
}

// mirrored makes a user with the account that follows from it, and nothing due.
func (l *ledger) mirrored(id string, p who) {
	l.now = l.now.Add(time.Second)
	l.putUser(id, p)
	a, err := l.users[id].Attributes()
	if err != nil {
		panic(err)
	}
	want, err := l.rules.Account(a)
	if err != nil {
		panic(err)
	}
	l.accounts[id] = plan.Account{
		ID: id, Presence: plan.Present, Type: want.Type, Email: want.Email, Username: want.Username, Domain: want.Domain,
		FirstName: want.FirstName, LastName: want.LastName, Country: want.Country,
	}
	l.link([]plan.Link{{Kind: plan.KindUser, Directory: id, Mirror: id}})
	delete(l.due, key{plan.KindUser, id, ""})
}

// mirroredGroup makes a group that Adobe has, and nothing due.
func (l *ledger) mirroredGroup(id, name string) {
	l.putGroup(id, name)
	l.adobeGroups[id] = plan.AdobeGroup{ID: id, Name: name, Type: umapi.UserGroup, Presence: plan.Present}
	l.link([]plan.Link{{Kind: plan.KindGroup, Directory: id, Mirror: id}})
	delete(l.due, key{plan.KindGroup, "", id})
}

// doubtfulMember makes a membership that Adobe may have.
func (l *ledger) doubtfulMember(group, user string) {
	l.edges[plan.Edge{Account: user, Group: group}] = plan.Doubtful
}

// mirroredMember makes a membership that Adobe has, and nothing due.
func (l *ledger) mirroredMember(group, user string) {
	l.join(group, user)
	l.edges[plan.Edge{Account: user, Group: group}] = plan.Present
	delete(l.due, key{plan.KindEdge, user, group})
}

func (l *ledger) editGroup(id string, edit func(*plan.AdobeGroup)) {
	g := l.adobeGroups[id]
	edit(&g)
	l.adobeGroups[id] = g
}

func (l *ledger) editAccount(id string, edit func(*plan.Account)) {
	a := l.accounts[id]
	edit(&a)
	l.accounts[id] = a
}

func sent(p plan.Plan) []string {
	out := []string{}
	for _, c := range p.Commands {
		out = append(out, asJSON(c.UMAPI))
	}
	return out
}

// decided lists verdicts as "outcome code" by what they are about.
func decided(p plan.Plan) map[string]string {
	out := map[string]string{}
	for _, v := range p.Decided.Verdicts {
		text := string(v.Outcome)
		if v.Problem.Code != "" {
			text += " " + v.Problem.Code
		}
		out[string(v.Due.Kind)+" "+v.Due.Group+v.Due.User] = text
	}
	return out
}

type buildCase struct {
	world   func(*ledger)
	sent    []string
	decided map[string]string
	reads   int
	listing bool
}

func runBuild(t *testing.T, cases map[string]buildCase) {
	t.Helper()
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			tt.world(l)
			p := l.build(plan.Limits{}, 2000)
			if tt.sent == nil {
				tt.sent = []string{}
			}
			if tt.decided == nil {
				tt.decided = map[string]string{}
			}
			require.Equal(t, tt.sent, sent(p))
			require.Equal(t, tt.decided, decided(p))
			require.Len(t, p.Reads, tt.reads)
			require.Equal(t, tt.listing, p.NeedsGroups)
			checkCall(failed{t}, p, plan.Limits{}.OrDefaults(), l)
		})
	}
}

type failed struct{ t *testing.T }

func (f failed) fail(format string, args ...any) {
	f.t.Helper()
	f.t.Fatalf(format, args...)
}

const createAda = `{"user":"ada@example.com","do":[{"createFederatedID":{"email":"ada@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}}`

func TestBuild_CreatesUsers(t *testing.T) {
	t.Parallel()
	runBuild(t, map[string]buildCase{
		"federated with an e-mail login": {
			world: func(l *ledger) { l.putUser("u", ada) },
			sent:  []string{createAda + `]}`},
		},
		"federated with another login": {
			world: func(l *ledger) { l.putUser("u", ada.with(func(p *who) { p.login = "ab@login.example.com" })) },
			sent:  []string{`{"user":"ab@login.example.com","do":[{"createFederatedID":{"email":"ada@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}}]}`},
		},
		"federated with a bare login": {
			world: func(l *ledger) { l.putUser("u", ada.with(func(p *who) { p.login = "abyron" })) },
			sent:  []string{`{"user":"abyron","domain":"example.com","do":[{"createFederatedID":{"email":"ada@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}}]}`},
		},
		"enterprise": {
			world: func(l *ledger) { l.putUser("u", ada.with(func(p *who) { p.identity = "enterpriseID" })) },
			sent:  []string{`{"user":"ada@example.com","do":[{"createEnterpriseID":{"email":"ada@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}}]}`},
		},
		"Adobe ID": {
			world: func(l *ledger) { l.putUser("u", ada.with(func(p *who) { p.identity = "adobeID" })) },
			sent:  []string{`{"user":"ada@example.com","useAdobeID":true,"do":[{"addAdobeID":{"email":"ada@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"ignoreIfAlreadyExists"}}]}`},
		},
		"with the memberships, sorted": {
			world: func(l *ledger) {
				for _, g := range []string{"Zebra", "Ant", "Mole"} {
					l.mirroredGroup(g, g)
				}
				l.putUser("u", ada)
				l.join("Zebra", "u")
				l.join("Ant", "u")
				l.join("Mole", "u")
			},
			sent: []string{createAda + `,{"add":{"group":["Ant","Mole","Zebra"]}}]}`},
		},
		"who are active again, with memberships that are not due": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
				l.join("g", "u")
				l.settled()
				l.putUser("u", ada)
			},
			sent: []string{createAda + `,{"add":{"group":["Team"]}}]}`},
		},
		"not those whom the rules cannot map": {
			world:   func(l *ledger) { l.putUser("u", ada.with(func(p *who) { p.last = "" })) },
			decided: map[string]string{"user u": "failed bridge.name.missing"},
		},
	})
}

func TestBuild_MakesDueWhatACreateCannotCarry(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.putUser("u", ada)
	for i := range 5 {
		id := fmt.Sprintf("g%d", i)
		l.mirroredGroup(id, id)
		l.join(id, "u")
		delete(l.due, key{plan.KindEdge, "u", id})
	}
	p := l.build(plan.Limits{Commands: 10, Steps: 3, Entries: 2}, 2000)
	require.Equal(t, []string{createAda + `,{"add":{"group":["g0","g1"]}},{"add":{"group":["g2","g3"]}}]}`}, sent(p))
	require.Equal(t, []plan.Touch{{Kind: plan.KindEdge, User: "u", Group: "g4", Class: plan.ClassMembership}}, p.Commands[0].Touched)
}

func TestBuild_UpdatesUsers(t *testing.T) {
	t.Parallel()
	change := func(edit func(*who)) func(*ledger) {
		return func(l *ledger) {
			l.mirrored("u", ada)
			l.putUser("u", ada.with(edit))
		}
	}
	runBuild(t, map[string]buildCase{
		"names": {
			world: change(func(p *who) { p.first, p.last = "Augusta", "King" }),
			sent:  []string{`{"user":"ada@example.com","do":[{"update":{"firstname":"Augusta","lastname":"King"}}]}`},
		},
		"the address, under the one that Adobe has": {
			world: change(func(p *who) { p.email, p.login = "ak@example.com", "ak@example.com" }),
			sent:  []string{`{"user":"ada@example.com","do":[{"update":{"email":"ak@example.com","username":"ak@example.com"}}]}`},
		},
		"the address of an enterprise user without a login": {
			world: func(l *ledger) {
				e := ada.with(func(p *who) { p.identity = "enterpriseID" })
				l.mirrored("u", e)
				l.putUser("u", e.with(func(p *who) { p.email, p.login = "ak@example.com", "ak@example.com" }))
			},
			sent: []string{`{"user":"ada@example.com","do":[{"update":{"email":"ak@example.com"}}]}`},
		},
		"the address of a bare login under the login": {
			world: func(l *ledger) {
				b := ada.with(func(p *who) { p.login = "abyron" })
				l.mirrored("u", b)
				l.putUser("u", b.with(func(p *who) { p.email = "ak@example.com" }))
			},
			sent: []string{`{"user":"abyron","domain":"example.com","do":[{"update":{"email":"ak@example.com"}}]}`},
		},
		"not the case of an address": {
			world:   change(func(p *who) { p.email, p.login = "Ada@Example.com", "ADA@example.com" }),
			decided: map[string]string{"user u": "done"},
		},
		"not the country": {
			world:   change(func(p *who) { p.country = "GB" }),
			decided: map[string]string{"user u": "done"},
		},
		"not an Adobe ID": {
			world: func(l *ledger) {
				a := ada.with(func(p *who) { p.identity = "adobeID" })
				l.mirrored("u", a)
				l.putUser("u", a.with(func(p *who) { p.first = "Augusta" }))
			},
			decided: map[string]string{"user u": "done"},
		},
		"not into another identity type": {
			world:   change(func(p *who) { p.identity = "enterpriseID" }),
			decided: map[string]string{"user u": "failed bridge.identity_type.differs"},
		},
		"not onto the address of another who stays": {
			world: func(l *ledger) {
				l.mirrored("v", ada.with(func(p *who) { p.email, p.login = "v@example.com", "v@example.com" }))
				l.mirrored("u", ada)
				l.putUser("u", ada.with(func(p *who) { p.email, p.login = "v@example.com", "v@example.com" }))
			},
			decided: map[string]string{"user u": "retry bridge.email.in_use"},
		},
		"together with memberships, unless the address changes": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.mirrored("u", ada)
				l.now = l.now.Add(-time.Hour)
				l.putUser("u", ada.with(func(p *who) { p.first = "Augusta" }))
				l.now = l.now.Add(time.Hour)
				l.join("g", "u")
			},
			sent: []string{`{"user":"ada@example.com","do":[{"update":{"firstname":"Augusta"}},{"add":{"group":["Team"]}}]}`},
		},
		"not before they are read, if they are unknown": {
			world: func(l *ledger) {
				l.mirrored("u", ada)
				l.editAccount("u", func(a *plan.Account) { a.Presence = plan.Unknown })
				l.putUser("u", ada.with(func(p *who) { p.first = "Augusta" }))
			},
			reads: 1,
		},
	})
}

func TestBuild_LetsUsersGo(t *testing.T) {
	t.Parallel()
	const leave = `{"user":"ada@example.com","do":[{"removeFromOrg":{"deleteAccount":false}}]}`
	inactive := ada.with(func(p *who) { p.inactive = true })
	runBuild(t, map[string]buildCase{
		"who are deactivated": {
			world: func(l *ledger) { l.mirrored("u", ada); l.putUser("u", inactive) },
			sent:  []string{leave},
		},
		"who are deleted, first of all": {
			world: func(l *ledger) {
				l.putUser("v", ada.with(func(p *who) { p.email, p.login = "v@example.com", "v@example.com" }))
				l.mirrored("u", ada)
				l.deleteUser("u")
			},
			sent: []string{leave, `{"user":"v@example.com","do":[{"createFederatedID":{"email":"v@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}}]}`},
		},
		"not those who never came": {
			world:   func(l *ledger) { l.putUser("u", ada); l.deleteUser("u") },
			decided: map[string]string{"user u": "done"},
		},
		"not those who were born inactive": {
			world:   func(l *ledger) { l.putUser("u", inactive) },
			decided: map[string]string{"user u": "done"},
		},
		"not if the document cannot be read": {
			world: func(l *ledger) {
				l.mirrored("u", ada)
				l.users["u"] = directory.User{Meta: l.users["u"].Meta, Document: []byte(`{"active":"perhaps"`)}
				l.owe(plan.KindUser, "u", "", plan.ClassAttribute)
			},
			decided: map[string]string{"user u": "failed bridge.document.damaged"},
		},
		"not if another active user has the account": {
			world: func(l *ledger) {
				l.mirrored("u", ada)
				l.putUser("w", ada)
				l.link([]plan.Link{{Kind: plan.KindUser, Directory: "w", Mirror: "u"}})
				l.settled()
				l.putUser("u", inactive)
			},
			decided: map[string]string{"user u": "done"},
		},
		"an Adobe ID whose address changed is another": {
			world: func(l *ledger) {
				a := ada.with(func(p *who) { p.identity = "adobeID" })
				l.mirrored("u", a)
				l.putUser("u", a.with(func(p *who) { p.email = "ak@example.com" }))
			},
			sent: []string{
				`{"user":"ada@example.com","useAdobeID":true,"do":[{"removeFromOrg":{"deleteAccount":false}}]}`,
				`{"user":"ak@example.com","useAdobeID":true,"do":[{"addAdobeID":{"email":"ak@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"ignoreIfAlreadyExists"}}]}`,
			},
		},
	})
}

func TestBuild_OneAccountOfSeveralUsers(t *testing.T) {
	t.Parallel()
	runBuild(t, map[string]buildCase{
		"a rehire takes the account over": {
			world: func(l *ledger) {
				l.mirrored("old", ada.with(func(p *who) { p.first = "A." }))
				l.putUser("old", ada.with(func(p *who) { p.inactive = true }))
				l.now = l.now.Add(time.Second)
				l.putUser("new", ada)
			},
			sent: []string{`{"user":"ada@example.com","do":[{"update":{"firstname":"Ada"}}]}`},
		},
		"the oldest active user wins": {
			world: func(l *ledger) {
				l.mirrored("old", ada)
				l.now = l.now.Add(time.Second)
				l.putUser("new", ada.with(func(p *who) { p.first = "Zoe" }))
			},
			decided: map[string]string{"user new": "failed bridge.user.duplicate"},
		},
		"who follows the hint gets an account": {
			world: func(l *ledger) {
				l.mirrored("old", ada)
				l.now = l.now.Add(time.Second)
				l.putUser("new", ada)
				l.link([]plan.Link{{Kind: plan.KindUser, Directory: "new", Mirror: "old"}})
				l.settled()
				l.putUser("new", ada.with(func(p *who) { p.email, p.login = "zoe@example.com", "zoe@example.com" }))
			},
			sent: []string{`{"user":"zoe@example.com","do":[{"createFederatedID":{"email":"zoe@example.com","country":"US","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}}]}`},
		},
		"an address that is about to be given up is waited for": {
			world: func(l *ledger) {
				l.mirrored("old", ada)
				l.putUser("old", ada.with(func(p *who) { p.email, p.login = "ak@example.com", "ak@example.com" }))
				l.now = l.now.Add(time.Second)
				l.putUser("new", ada)
			},
			sent:    []string{`{"user":"ada@example.com","do":[{"update":{"email":"ak@example.com","username":"ak@example.com"}}]}`},
			decided: map[string]string{"user new": "retry bridge.email.in_use"},
		},
	})
}

func TestBuild_WhoInheritsADoubtfulAccountDoesNotInheritItsMemberships(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("old", ada)
	l.mirroredGroup("g", "Team")
	l.join("g", "old")
	l.edges[plan.Edge{Account: "old", Group: "g"}] = plan.Present
	l.settled()
	l.putUser("old", ada.with(func(p *who) { p.inactive = true }))
	l.settle(plan.Lost(callOf(l), l.now, l.now)) // it may have left or not

	l.putUser("new", ada)
	p := l.build(plan.Limits{}, 100)
	l.settle(p.Decided)
	l.link(p.Links)
	l.settle(plan.Settle(plan.Call{ID: "c", Commands: p.Commands}, umapi.Reply{Result: umapi.ResultSuccess, Completed: 1}, l.now))
	require.JSONEq(t, `[{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}]`, asJSON(callCommands(l)))
}

// The pair that a lost create carried is parked with its user, who has lost the account to
// an older one: whoever makes the account looks at the membership for itself.
func TestBuild_WhoTakesOverALostCreateLooksAtWhatItCarried(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.putUser("old", ada)
	old := l.due[key{plan.KindUser, "old", ""}]
	old.failed = true
	l.now = l.now.Add(time.Second)
	l.mirroredGroup("g", "Team")
	l.putUser("new", ada)
	l.join("g", "new")
	p := l.build(plan.Limits{}, 100)
	l.link(p.Links)
	require.Contains(t, asJSON(p.Commands[0].UMAPI), `"add":{"group":["Team"]}`)
	l.settle(plan.Lost(plan.Call{ID: "c", Commands: p.Commands}, l.now, l.now))

	old.failed = false
	p = l.build(plan.Limits{}, 100)
	l.settle(p.Decided)
	l.link(p.Links)
	require.NotContains(t, asJSON(p.Commands[0].UMAPI), "Team")
	l.settle(plan.Settle(plan.Call{ID: "c", Commands: p.Commands}, umapi.Reply{Result: umapi.ResultSuccess, Completed: 1}, l.now))
	require.JSONEq(t, `[{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}]`, asJSON(callCommands(l)))
}
