package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// State is what an organisation holds, in a form that can be kept in a file.
// Not in it are the groups that every organisation has; that users are in them
// is. Users are in order of creation and groups in order of their ids, which is
// the order of lists; whoever comes first has the licences of a profile with
// too few.
type State struct {
	Directories []Directory `json:"directories,omitempty"` // beside those of the configuration
	Groups      []Group     `json:"groups,omitempty"`
	Users       []User      `json:"users,omitempty"` // those only in a directory as well
}

// State returns what the organisation holds. When an emulator of the same
// configuration without users loads it, that one has the same State.
func (e *Emulator) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	var s State
	for _, r := range e.org.realms[e.org.configured:] {
		s.Directories = append(s.Directories, r.Directory)
	}
	for g := range e.org.byID.all() {
		if g.shown() && !g.standing {
			s.Groups = append(s.Groups, g.snapshot())
		}
	}
	for _, a := range e.org.everyone() {
		s.Users = append(s.Users, a.snapshot())
	}
	return s
}

// Load adds what s holds to the organisation, as AddDirectory, AddGroup and
// AddUser do: directories first, then product profiles, user groups, all other
// groups, and users. Its error names every entry that cannot be used; then
// nothing has changed.
func (e *Emulator) Load(s State) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.org.seed(func() error { return e.org.load(s) }); err != nil {
		return fmt.Errorf("load state:\n%w", err)
	}
	return nil
}

func (o *org) load(s State) error {
	var problems []error
	for _, d := range s.Directories {
		if err := o.addDirectory(d); err != nil {
			problems = append(problems, fmt.Errorf("directory of %q: %w", d.Domains, err))
		}
	}
	groups := slices.Clone(s.Groups)
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(loadRank(a), loadRank(b)) })
	for _, g := range groups {
		if err := o.addGroup(g); err != nil {
			problems = append(problems, fmt.Errorf("group %q: %w", g.Name, err))
		}
	}
	for _, u := range s.Users {
		if err := o.addUser(u); err != nil {
			problems = append(problems, fmt.Errorf("user %q: %w", u.Email, err))
		}
	}
	return errors.Join(problems...)
}

// loadRank puts a group after those that it can depend on.
func loadRank(g Group) int {
	switch g.Type {
	case GroupTypeProductProfile:
		return 0
	case "", GroupTypeUserGroup:
		return 1
	}
	return 2
}
