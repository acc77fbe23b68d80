package umapi

import (
	"errors"
	"fmt"
	"slices"
)

// The limits of one action call. The API's documentation names the first and
// the third (ActionsRef, ActionsCmds); the other two stood there earlier and
// are kept, since nothing says that they were lifted.
const (
	// MaxCommands is the number of commands in one call; see ActionsRef.
	MaxCommands = 10
	// MaxSteps is the number of steps in one command; see ActionsCmds, and
	// error.command.add_remove.list_too_long in ErrorRef.
	MaxSteps = 10
	// MaxEntries is the number of memberships in one add or remove step, users
	// and product profiles together; see ActionsCmds and
	// usergroupActionCommands.
	MaxEntries = 10
	// MaxBodyBytes is the size of the body of one call, in bytes; see an
	// earlier ActionsRef.
	MaxBodyBytes = 1 << 20
)

// IdentityType says who owns an account and who authenticates it. The values
// are UMAPI's; see "Identity types" in its glossary.
type IdentityType string

// The identity types that the API can create.
const (
	FederatedID  IdentityType = "federatedID"
	EnterpriseID IdentityType = "enterpriseID"
	AdobeID      IdentityType = "adobeID"
)

// Validate returns an error unless t is one of the types that can be created.
// A [User] that was read may have another one, "unknown" for instance.
func (t IdentityType) Validate() error {
	switch t {
	case FederatedID, EnterpriseID, AdobeID:
		return nil
	}
	return fmt.Errorf("identity type %q: want %s, %s or %s", string(t), FederatedID, EnterpriseID, AdobeID)
}

// Option says what a create step does when its user or user group exists
// already. Without one the step fails, and the steps after it are not run; see
// ActionsCmds.
type Option string

// The options of create steps.
const (
	// OptionIgnoreIfAlreadyExists skips the create step.
	OptionIgnoreIfAlreadyExists Option = "ignoreIfAlreadyExists"
	// OptionUpdateIfAlreadyExists turns the create step into an update of first
	// and last name, or of the description of a user group.
	OptionUpdateIfAlreadyExists Option = "updateIfAlreadyExists"
)

// Validate returns an error unless o is empty or one of the options.
func (o Option) Validate() error {
	switch o {
	case "", OptionIgnoreIfAlreadyExists, OptionUpdateIfAlreadyExists:
		return nil
	}
	return fmt.Errorf("option %q: want %s or %s", string(o), OptionIgnoreIfAlreadyExists, OptionUpdateIfAlreadyExists)
}

// Command is one element of an action call: the steps for one user or one user
// group. Exactly one of User and UserGroup is set. It can be stored as JSON and
// read back.
type Command struct {
	// User is the current e-mail of an existing user, the intended username of
	// one that is created.
	User string `json:"user,omitempty"`
	// Domain is the directory of a user whose username is not an e-mail, and
	// must be empty for all others.
	Domain string `json:"domain,omitempty"`
	// UseAdobeID picks the Adobe ID where an account of the organization has
	// the same e-mail; the latter is taken otherwise.
	UseAdobeID bool `json:"useAdobeID,omitempty"`
	// UserGroup is the name of a user group.
	UserGroup string `json:"usergroup,omitempty"`
	// RequestID comes back in the errors and warnings of this command. It names
	// the command and is not the X-Request-Id, which names the HTTP exchange.
	RequestID string `json:"requestID,omitempty"`
	// Do holds the steps, attempted in this order.
	Do []Step `json:"do"`
}

// RepeatSafe reports whether each step of c is; see [Step.RepeatSafe].
func (c Command) RepeatSafe() bool {
	for _, s := range c.Do {
		if !s.RepeatSafe() {
			return false
		}
	}
	return true
}

// ValidateCall checks commands as the body of one action call: 1 to
// [MaxCommands] of them, each valid, and none that needs an order, since none is
// kept between them. So a user is the root of at most one, a user group that is
// created, changed or deleted likewise, and at most one deletes a user group,
// because of several in one call not all are done. All that is wrong is reported
// together. [Client.Act] calls it.
//
// What it does not see is a command that lists what another one creates,
// renames or removes, two that add and remove the same membership, and two on
// one e-mail, with UseAdobeID and without, where only one account has it.
func ValidateCall(commands []Command) error {
	var errs []error
	if n := len(commands); n < 1 || n > MaxCommands {
		errs = append(errs, fmt.Errorf("%d commands in one call: want 1 to %d", n, MaxCommands))
	}
	deletes := 0
	first := make(map[subject]int, len(commands))
	for i, c := range commands {
		if err := c.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("command %d: %w", i, err))
		}
		j, again := first[c.subject()]
		switch {
		case !again:
			first[c.subject()] = i
		case c.User != "":
			errs = append(errs, fmt.Errorf("command %d: user is the root of command %d already, and order is not kept between them", i, j))
		case c.UserGroup != "" && (c.changesUserGroup() || commands[j].changesUserGroup()):
			errs = append(errs, fmt.Errorf("command %d: usergroup is the root of command %d already, and one of them changes it", i, j))
		}
		if slices.ContainsFunc(c.Do, func(s Step) bool { return s.DeleteUserGroup != nil }) {
			deletes++
		}
	}
	if deletes > 1 {
		errs = append(errs, fmt.Errorf("%d commands with deleteUserGroup in one call: want at most one", deletes))
	}
	return errors.Join(errs...)
}

// changesUserGroup reports whether c creates, changes or deletes its root.
func (c Command) changesUserGroup() bool {
	return slices.ContainsFunc(c.Do, func(s Step) bool {
		return s.CreateUserGroup != nil || s.UpdateUserGroup != nil || s.DeleteUserGroup != nil
	})
}
