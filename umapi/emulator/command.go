package emulator

import (
	"encoding/json"
	"strings"
)

// command is one entry of an action call, read but not judged against the
// organisation.
type command struct {
	index      int
	requestID  string
	user       string
	userGroup  string
	domain     string
	useAdobeID bool
	steps      []placedStep
	warnings   []warning

	problem *problem // that keeps every step from running
	at      int      // the step it is in
}

// warning is about a step that is done all the same.
type warning struct {
	step    int
	message string
}

// step is one thing that a command asks for.
type step interface {
	// run does it, wholly or, if it returns a problem, not at all.
	run(x *execution) *problem
}

// placedStep is a step and its position in "do".
type placedStep struct {
	step
	verb  string
	index int
}

// root is what the command is about, as its errors name it.
func (c *command) root() string {
	if c.userGroup != "" {
		return c.userGroup
	}
	return c.user
}

// parser reads the value of a step.
type parser func(r *stepReader, raw json.RawMessage) (step, *problem)

// userVerbs and groupVerbs are the steps of either kind of command. Those that
// ended years ago, such as addRoles and resetPassword, are unknown.
var (
	userVerbs = map[string]parser{
		"addAdobeID":         parseCreate(TypeAdobeID),
		"createEnterpriseID": parseCreate(TypeEnterpriseID),
		"createFederatedID":  parseCreate(TypeFederatedID),
		"update":             parseUpdate,
		"add":                parseUserAdd,
		"remove":             parseUserRemove,
		"removeFromOrg":      parseRemoveFromOrg,
	}
	groupVerbs = map[string]parser{
		"createUserGroup": parseCreateUserGroup,
		"updateUserGroup": parseUpdateUserGroup,
		"deleteUserGroup": parseDeleteUserGroup,
		"add":             parseGroupAdd,
		"remove":          parseGroupRemove,
	}
)

func isCreate(verb string) bool {
	return strings.HasPrefix(verb, "create") || verb == "addAdobeID"
}

// stepReader is what a parser may know beside the value of its step.
type stepReader struct {
	cfg  *Config
	warn func(message string)
}

// readCommand reads one element of the array. It returns nil if it is not even
// an object.
func (e *Emulator) readCommand(index int, raw json.RawMessage) *command {
	fields, ok := readObject(raw)
	if !ok {
		return nil
	}
	c := &command{index: index}
	var do json.RawMessage
	for _, f := range fields {
		if f.key == "do" {
			do = f.value
			continue
		}
		if p := c.readField(f); p != nil && c.problem == nil {
			c.problem = p
		}
	}
	if c.problem == nil {
		c.problem = c.checkRoot()
	}
	if c.problem == nil {
		e.readSteps(c, do)
	}
	if c.problem == nil {
		c.problem = c.checkAddress()
	}
	return c
}

// readField reads everything of a command but its steps.
func (c *command) readField(f field) *problem {
	target := map[string]*string{
		"user": &c.user, "usergroup": &c.userGroup, "requestID": &c.requestID, "domain": &c.domain,
	}[f.key]
	switch {
	case f.key == "useAdobeID":
		value, ok := readBool(f.value)
		if !ok {
			return newProblem("error.command.boolean_expected", "Boolean expected in command for field: useAdobeID")
		}
		c.useAdobeID = value
		return nil
	case target == nil:
		return foreign("error.command.illegal_entry", "Illegal entry in command: %s", f.key)
	}
	value, ok := readString(f.value)
	if !ok && f.key == "domain" {
		return newProblem("error.command.domain.string_expected", "String expected in command for field: domain")
	}
	if !ok {
		return newProblem("error.command.string_expected", "String expected in command for field: %s", f.key)
	}
	if f.key == "user" && value == "" {
		return newProblem("error.command.user.missing", "User is empty")
	}
	*target = value
	return limit(f.key, value, maxString)
}

// checkRoot makes sure that the command is about one user or one user group.
func (c *command) checkRoot() *problem {
	switch {
	case c.user == "" && c.userGroup == "":
		return newProblem("error.command.user_usergroup.missing", "Command must have a user or a usergroup")
	case c.user != "" && c.userGroup != "":
		return newProblem("error.command.illegal_entry", "Command cannot have both a user and a usergroup")
	}
	return nil
}

// checkAddress keeps the rule that domain belongs to usernames that are not
// e-mails, and only to them. Adobe and Enterprise IDs ignore it.
func (c *command) checkAddress() *problem {
	if c.user == "" {
		return nil
	}
	ignored := c.useAdobeID
	for _, s := range c.steps {
		ignored = ignored || s.verb == "addAdobeID" || s.verb == "createEnterpriseID"
	}
	email := strings.Contains(c.user, "@")
	switch {
	case ignored:
		c.domain = ""
		return nil
	case email && c.domain != "":
		return newProblem("error.command.domain.must_be_used_with_nonemail_username",
			"Domain must only be used with a username that is not an email: %s", c.user)
	case !email && c.domain == "":
		return newProblem("error.command.domain.missing", "Domain is missing for user: %s", c.user)
	}
	return nil
}

// readSteps reads "do" and keeps the rules on which steps may stand where.
func (e *Emulator) readSteps(c *command, do json.RawMessage) {
	elements, ok := readArray(do)
	if !ok || len(elements) == 0 {
		c.problem = newProblem("error.command.steps.malformed", "Command must have an array of steps")
		return
	}
	if exceeds(len(elements), e.cfg.MaxSteps) {
		c.problem = foreign("error.command.add_remove.list_too_long", "Too many steps in command: max is %d", e.cfg.MaxSteps)
		c.at = e.cfg.MaxSteps
		return
	}
	for i, raw := range elements {
		if p := e.readStep(c, i, raw); p != nil {
			c.problem, c.at = p, i
			return
		}
	}
	creates := 0
	for i, s := range c.steps {
		switch {
		case isCreate(s.verb) && creates > 0:
			c.problem = newProblem("error.command.create.more_than_one", "Only one create step is allowed in a command")
		case isCreate(s.verb) && i > 0:
			c.problem = newProblem("error.command.create.not_first", "Create must be the first step of a command")
		case s.verb == "removeFromOrg" && i < len(c.steps)-1:
			c.problem = newProblem("error.command.removefromorg.not_last", "removeFromOrg must be the last step of a command")
		}
		if c.problem != nil {
			c.at = s.index
			return
		}
		if isCreate(s.verb) {
			creates++
		}
	}
}

func (e *Emulator) readStep(c *command, index int, raw json.RawMessage) *problem {
	fields, ok := readObject(raw)
	if !ok || len(fields) == 0 {
		return newProblem("error.command.illegal_entry", "Step must be an object with one key")
	}
	if len(fields) > 1 && !e.cfg.Switches.SeveralVerbsInAStep {
		return foreign("error.command.illegal_entry", "Step must be an object with one key")
	}
	verbs := userVerbs
	if c.userGroup != "" {
		verbs = groupVerbs
	}
	r := &stepReader{cfg: &e.cfg, warn: func(message string) { c.warnings = append(c.warnings, warning{index, message}) }}
	for _, f := range fields {
		parse := verbs[f.key]
		if parse == nil {
			code := "error.command.step.unknown"
			if e.cfg.Switches.UnknownVerbIsIllegalEntry {
				code = "error.command.illegal_entry"
			}
			return foreign(code, "Unknown step in command: %s", f.key)
		}
		s, p := parse(r, f.value)
		if p != nil {
			return p
		}
		c.steps = append(c.steps, placedStep{step: s, verb: f.key, index: index})
	}
	return nil
}
