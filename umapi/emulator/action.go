package emulator

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// actionBody is the answer to an action call (ActionsRef). The order of the
// fields, here and in errors, is that of recorded answers.
type actionBody struct {
	Completed           int           `json:"completed"`
	NotCompleted        int           `json:"notCompleted"`
	CompletedInTestMode int           `json:"completedInTestMode"`
	Result              string        `json:"result"`
	Errors              []errorBody   `json:"errors,omitempty"`
	Warnings            []warningBody `json:"warnings,omitempty"`
}

type errorBody struct {
	Index     int    `json:"index"`
	Step      int    `json:"step"`
	Message   string `json:"message"`
	ErrorCode string `json:"errorCode"`
	RequestID string `json:"requestID,omitempty"`
	User      string `json:"user,omitempty"` // the name of the group, for its commands
}

type warningBody struct {
	Index       int    `json:"index"`
	Step        int    `json:"step"`
	Message     string `json:"message"`
	WarningCode string `json:"warningCode"`
	RequestID   string `json:"requestID,omitempty"`
	User        string `json:"user,omitempty"`
}

// call is one action call while it runs.
type call struct {
	q          *request
	testOnly   bool
	deletes    int    // deleteUserGroup steps met so far
	unexpected string // what a client should not have sent
	fault      *Fault // the first that struck a command
	body       actionBody
}

func (e *Emulator) serveAction(q *request, _ []string, entry *Entry) reply {
	elements, ok := readArray(q.body)
	commands := make([]*command, 0, len(elements))
	for i, raw := range elements {
		c := e.readCommand(i, raw)
		if ok = c != nil; !ok {
			break
		}
		commands = append(commands, c)
	}
	large := len(q.body) > e.cfg.MaxBody
	if !ok || len(elements) == 0 || large {
		entry.Unexpected = "the body is not a JSON array of commands, or too large"
		if large && e.cfg.Switches.LargeBody413 {
			return emptyReply(http.StatusRequestEntityTooLarge)
		}
		return refuse(http.StatusBadRequest, "error.command.malformed", "Expected a valid JSON payload")
	}
	if exceeds(len(commands), e.cfg.MaxCommands) {
		entry.Unexpected = "too many commands in one call"
		return refuse(http.StatusBadRequest, "error.command.malformed", "Too many commands in the request")
	}

	c := &call{q: q, testOnly: flag(q.query, "testOnly", false)}
	if e.cfg.Switches.ShuffleCommands {
		e.order.Shuffle(len(commands), func(i, j int) { commands[i], commands[j] = commands[j], commands[i] })
	}
	for _, cmd := range commands {
		if c.testOnly {
			e.org.rehearse(func() { e.runCommand(c, cmd) })
		} else {
			e.runCommand(c, cmd)
		}
	}
	c.finish()
	entry.Applied = !c.testOnly
	entry.Unexpected = c.unexpected
	entry.Fault = cmp.Or(c.fault, entry.Fault)
	for _, x := range c.body.Errors {
		entry.Errors = append(entry.Errors, CommandError{x.Index, x.Step, x.ErrorCode})
	}
	r := jsonReply(http.StatusOK, c.body)
	r.result = c.body.Result
	r.header.Set("Canonical-Resource", q.path)
	return r
}

// finish puts errors and warnings in order and sums up.
func (c *call) finish() {
	b := &c.body
	slices.SortStableFunc(b.Errors, func(x, y errorBody) int { return cmp.Compare(x.Index, y.Index) })
	slices.SortStableFunc(b.Warnings, func(x, y warningBody) int { return cmp.Compare(x.Index, y.Index) })
	switch {
	case b.NotCompleted == 0:
		b.Result = "success"
	case b.Completed+b.CompletedInTestMode == 0:
		b.Result = "error"
	default:
		b.Result = "partial"
	}
}

// execution is one command while it runs.
type execution struct {
	call       *call
	cmd        *command
	org        *org
	switches   *Switches
	maxMembers int
	bound      *account // whom the command turned out to be about
	group      *group   // likewise
	finished   bool     // the remaining steps are not done
}

// runCommand does one command, step by step, without ever taking one back.
func (e *Emulator) runCommand(c *call, cmd *command) {
	failed := false
	fail := func(step int, p *problem) {
		failed = true
		if p.foreign {
			c.unexpected = p.message
		}
		c.body.Errors = append(c.body.Errors, errorBody{
			Index: cmd.index, Step: step, RequestID: cmd.requestID, User: cmd.root(),
			Message: p.message, ErrorCode: p.code,
		})
	}
	for _, w := range cmd.warnings {
		c.body.Warnings = append(c.body.Warnings, warningBody{
			Index: cmd.index, Step: w.step, RequestID: cmd.requestID, User: cmd.root(),
			Message: w.message, WarningCode: "warning.command.deprecated",
		})
	}
	fault := e.takeCodeFault(c.q, cmd.root())
	if cmd.problem != nil {
		fail(cmd.at, cmd.problem)
	} else {
		e.runSteps(c, fault.spared(cmd), fail)
	}
	if fault != nil {
		c.fault = cmp.Or(c.fault, fault)
		fail(fault.stepOf(cmd), &problem{code: fault.Code, message: fault.Message})
	}
	switch {
	case failed:
		c.body.NotCompleted++
	case c.testOnly:
		c.body.CompletedInTestMode++
	default:
		c.body.Completed++
	}
}

func (e *Emulator) runSteps(c *call, cmd *command, fail func(step int, p *problem)) {
	x := &execution{call: c, cmd: cmd, org: e.org, switches: &e.cfg.Switches, maxMembers: e.cfg.MaxMembers}
	for _, s := range cmd.steps {
		if p := s.run(x); p != nil {
			fail(s.index, p)
			if x.switches.StopOnFirstError || isCreate(s.verb) && !x.switches.ContinueAfterFailedCreate {
				return
			}
		}
		if x.finished {
			return
		}
	}
}

// lenient reports whether what does not exist counts as success, which testOnly
// promises so that a create and what follows from it can be tried together.
func (x *execution) lenient() bool {
	return x.call.testOnly && !x.switches.TestOnlyObserved
}

// strict reports whether testOnly is as it was reported from practice: what a
// step would make is not there for those that follow.
func (x *execution) strict() bool {
	return x.call.testOnly && x.switches.TestOnlyObserved
}

// bind makes the rest of the command about a, even if its e-mail changes.
func (x *execution) bind(a *account) { x.bound = a }

// account is the user that the command is about. It is nil without a problem
// when there is none and that does not matter.
func (x *execution) account() (*account, *problem) {
	if x.bound == nil {
		x.bound = x.org.find(x.cmd.user, x.cmd.domain, x.cmd.useAdobeID)
	}
	switch {
	case x.bound != nil:
		return x.bound, nil
	case x.lenient():
		return nil, nil
	case x.strict():
		return nil, noValidUsers()
	}
	outside := x.org.findOwned(x.cmd.user, x.cmd.domain)
	if outside != nil && outside.home.Trusted && !x.cmd.useAdobeID {
		return nil, newProblem("error.user.not_in_org", "User is not in the organization: %s", x.cmd.user)
	}
	return nil, newProblem("error.user.nonexistent", "User Id does not exist: %s", x.cmd.user)
}

// userGroup is the user group that the command is about, like account.
func (x *execution) userGroup() (*group, *problem) {
	if x.group == nil {
		x.group = x.org.userGroup(x.cmd.userGroup)
	}
	if x.group == nil {
		return nil, newProblem("error.usergroup.not_found", "Usergroup not found: %s", x.cmd.userGroup)
	}
	return x.group, nil
}

// flag reads a boolean of the query. Python clients capitalise it.
func flag(query url.Values, name string, fallback bool) bool {
	if !query.Has(name) {
		return fallback
	}
	return strings.EqualFold(query.Get(name), "true")
}

// exceeds reports whether n is more than limit, of which a negative one is none.
func exceeds(n, limit int) bool { return limit >= 0 && n > limit }
