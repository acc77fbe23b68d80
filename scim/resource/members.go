package resource

import (
	"encoding/json"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// MaxSelections is the most operations of one PATCH that select members by a
// filter on anything but their ids: each is tried on every member of the group.
const MaxSelections = 100

// MemberStep is one step of a change to a group's members. Members are no part
// of the document, so that the cost of a change follows the change.
type MemberStep struct {
	Op directory.MemberOp
	// IDs are the members concerned, each once.
	IDs []string
	// Where, in a step that removes, selects the members by their value, type,
	// display and $ref, where ids do not say it; IDs is then empty. The caller
	// must find out whom it selects.
	Where filter.Expr
	// Among are the only ids that Where can select, nil if it does not say so.
	Among []string
}

// memberSteps gives the steps with each id once.
func (e *editor) memberSteps() []MemberStep {
	for i, s := range e.steps {
		seen := make(map[string]bool, len(s.IDs))
		e.steps[i].IDs = slices.DeleteFunc(s.IDs, func(id string) bool {
			again := seen[id]
			seen[id] = true
			return again
		})
	}
	return e.steps
}

// step notes a step, in the one before where that means the same: some clients
// send one operation for each member.
func (e *editor) step(op directory.MemberOp, ids []string) {
	if len(ids) == 0 && op != directory.MemberReplace {
		return
	}
	if n := len(e.steps) - 1; n >= 0 && op != directory.MemberReplace && e.steps[n].Where == nil {
		last := &e.steps[n]
		if last.Op == op || op == directory.MemberAdd && last.Op == directory.MemberReplace {
			last.IDs = append(last.IDs, ids...)
			return
		}
	}
	e.steps = append(e.steps, MemberStep{Op: op, IDs: ids})
}

// editMembers turns an operation on members into steps.
func (e *editor) editMembers(op operation) *Error {
	if op.sub != nil && op.sub.name != "value" {
		return e.o.tolerate(editedMember, "members.%s cannot be changed", op.sub.name)
	}
	if op.filter != nil {
		return e.editSelectedMembers(op)
	}
	if op.kind == remove && !op.given {
		e.step(directory.MemberReplace, nil)
		return nil
	}
	ids, err := e.memberIDs(op.value)
	if err != nil {
		return err
	}
	switch op.kind {
	case remove:
		e.step(directory.MemberRemove, ids)
	case replace:
		e.step(directory.MemberReplace, ids)
	default:
		e.step(directory.MemberAdd, ids)
	}
	return nil
}

// editSelectedMembers is for members[filter].
func (e *editor) editSelectedMembers(op operation) *Error {
	if op.kind == remove {
		if op.sub != nil {
			return refuse(scimerrors.ScimTypeMutability, "members.value cannot be removed: remove the member")
		}
		return e.removeWhere(op.filter)
	}
	if err := e.o.tolerate(editedMember, "members can be added and removed, not changed"); err != nil {
		return err
	}
	ids, err := e.memberIDs(op.value)
	if err != nil {
		return err
	}
	old, byID := idsOf(op.filter)
	if len(ids) == 0 && byID && op.kind == add {
		ids = old
	}
	if op.kind == replace && !(byID && slices.Equal(ids, old)) {
		if err := e.removeWhere(op.filter); err != nil {
			return err
		}
	}
	e.step(directory.MemberAdd, ids)
	return nil
}

func (e *editor) removeWhere(f filter.Expr) *Error {
	if ids, ok := idsOf(f); ok {
		e.step(directory.MemberRemove, ids)
		return nil
	}
	if e.selections++; e.selections > MaxSelections {
		return refuse(scimerrors.ScimTypeTooMany, "more than %d operations select members by something other than their value: name them by value, or send several requests", MaxSelections)
	}
	if n := len(e.steps) - 1; n >= 0 && e.steps[n].Where != nil {
		f = filter.Or{Left: e.steps[n].Where, Right: f}
		e.steps = e.steps[:n]
	}
	among, _ := idsAmong(f)
	e.steps = append(e.steps, MemberStep{Op: directory.MemberRemove, Where: f, Among: among})
	return nil
}

// idsAmong gives ids of which a filter selects some or none; ok is false if it may
// select others.
func idsAmong(f filter.Expr) (ids []string, ok bool) {
	switch f := f.(type) {
	case filter.And:
		if ids, ok = idsAmong(f.Left); ok {
			return ids, true
		}
		return idsAmong(f.Right)
	case filter.Or:
		l, lok := idsAmong(f.Left)
		r, rok := idsAmong(f.Right)
		if lok && rok {
			return append(l, r...), true
		}
	case filter.Compare:
		return idsOf(f)
	}
	return nil, false
}

// idsOf gives the ids of value eq "a" or value eq "b"; ok is false for any
// other filter.
func idsOf(f filter.Expr) (ids []string, ok bool) {
	switch f := f.(type) {
	case filter.Or:
		l, lok := idsOf(f.Left)
		r, rok := idsOf(f.Right)
		return append(l, r...), lok && rok
	case filter.Compare:
		if f.Op != filter.Eq || !f.Path.Equal(filter.Path{Attr: "value"}) {
			return nil, false
		}
		switch v := f.Value.(type) {
		case string:
			return []string{v}, true
		case json.Number:
			return []string{v.String()}, true
		}
	}
	return nil, false
}

// memberIDs reads the ids out of every form in which clients write members.
func (e *editor) memberIDs(raw any) ([]string, *Error) {
	switch raw := raw.(type) {
	case nil:
		return nil, nil
	case []any:
		ids := make([]string, 0, len(raw))
		for _, item := range raw {
			id, err := e.memberID(item)
			if err != nil {
				return nil, err
			}
			if id != "" {
				ids = append(ids, id)
			}
		}
		return ids, nil
	case object:
		if inner, ok := raw.get("members"); ok {
			if err := e.o.tolerate(wrappedMembers, "members takes a list of members"); err != nil {
				return nil, err
			}
			if _, again := inner.(object); again {
				inner = []any{inner}
			}
			return e.memberIDs(inner)
		}
	}
	id, err := e.memberID(raw)
	if err != nil || id == "" {
		return nil, err
	}
	return []string{id}, nil
}

// memberID reads one member, "" if it says nothing.
func (e *editor) memberID(raw any) (string, *Error) {
	obj, ok := raw.(object)
	if !ok {
		if raw == nil || raw == "" {
			return "", nil
		}
		if err := e.o.tolerate(textForComplex, "a member is an object"); err != nil {
			return "", err
		}
		return e.idText(raw)
	}
	if v, _ := obj.get("value"); v != nil && v != "" {
		return e.idText(v)
	}
	ref, _ := obj.get("$ref")
	s, _ := ref.(string)
	if s == "" {
		return "", nil
	}
	return s[strings.LastIndexByte(s, '/')+1:], e.o.tolerate(memberByRef, "a member needs a value")
}

func (e *editor) idText(raw any) (string, *Error) {
	switch v := raw.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), e.o.tolerate(numberForText, "the value of a member is a string")
	}
	return "", refuse(scimerrors.ScimTypeInvalidValue, "the value of a member is a string")
}
