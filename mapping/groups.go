package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/scim-bridge/scim-bridge/directory"
)

// GroupRule says which Adobe groups a group of the directory maps to, in place of
// the user group of its own name.
type GroupRule struct {
	// From is the displayName, in which * stands for anything, compared without case.
	From string
	// To names Adobe groups: user groups, product profiles and admin groups. With none
	// the group is not mapped.
	To []string
}

// Targets are the Adobe groups that a group of the directory maps to.
type Targets struct {
	// Names are those of Adobe groups.
	Names []string
	// ByRule says that a rule names them, whatever they are and give: they have to be
	// there, and are never made, renamed or deleted. Without it there is one, which is
	// a user group and follows the group.
	ByRule bool
}

// Group maps a group, by the first rule that fits, else to the Adobe user group of
// its own name. The only error is an *Error.
//
// Names that begin with an underscore are those of Adobe's administrator and
// developer groups, which give rights: only a rule maps to them.
func (r Rules) Group(g directory.GroupAttributes) (Targets, error) {
	name := g.DisplayName
	if strings.TrimSpace(name) == "" {
		return Targets{}, &Error{"bridge.group.name_missing", "the group has no name", "give the group a displayName in the provider"}
	}
	for _, rule := range r.Groups {
		if matches([]string{rule.From}, name) {
			return Targets{Names: rule.To, ByRule: true}, nil
		}
	}
	switch {
	case strings.HasPrefix(strings.TrimSpace(name), "_"): // whether Adobe trims a name is not documented
		return Targets{}, &Error{"bridge.group.reserved", fmt.Sprintf("%q begins with an underscore, as the names of Adobe's administrator groups do", name), "rename the group in the provider, or do not push it: its members would be given rights"}
	case utf8.RuneCountInString(name) > maxGroupName:
		return Targets{}, &Error{"bridge.group.name_too_long", fmt.Sprintf("the name has more than %d characters", maxGroupName), "shorten the group's name in the provider"}
	case r.Protected.Group(name):
		return Targets{}, protected("group", name)
	}
	return Targets{Names: []string{name}}, nil
}

// closedGroups have members that no command adds or removes; see ActionsCmds.
var closedGroups = []string{"_org_admin", "_compartment_admin", "_compartment_viewer"}

// CheckTarget returns why no rule can map to an Adobe group of that name.
func (r Rules) CheckTarget(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("is empty, want the name of an Adobe group")
	case utf8.RuneCountInString(name) > maxGroupName:
		return fmt.Errorf("has more than %d characters, which no name in Adobe has", maxGroupName)
	case slices.Contains(closedGroups, directory.Fold(strings.TrimSpace(name))):
		return fmt.Errorf("%q is a group whose members Adobe's interface does not change, want another", name)
	case r.Protected.Group(name):
		return fmt.Errorf("%q is in protect.groups and would never be touched, want it in one of the two", name)
	}
	return nil
}

// validateGroups names the rules for groups that cannot be followed.
func (r Rules) validateGroups() error {
	var errs []error
	for i, rule := range r.Groups {
		if rule.From == "" {
			errs = append(errs, fmt.Errorf("groups[%d].from: is empty, want a displayName", i))
		}
		for j, name := range rule.To {
			if err := r.CheckTarget(name); err != nil {
				errs = append(errs, fmt.Errorf("groups[%d].to[%d]: %w", i, j, err))
			}
		}
	}
	return errors.Join(errs...)
}
