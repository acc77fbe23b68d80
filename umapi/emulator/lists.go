package emulator

import (
	"cmp"
	"encoding/json"
	"unicode/utf8"
)

// maxGroupName is the length in characters that clients keep to; the service's
// own is not documented.
const maxGroupName = 255

// messageProductDeprecated is the only warning whose text is documented.
const messageProductDeprecated = "'product' command is deprecated. Please use productConfiguration."

// listRules say what add and remove may hold in one kind of command.
type listRules struct {
	// keys maps each key that is allowed to the list it belongs to, since
	// several are deprecated names for one.
	keys       map[string]string
	missing    string // errorCode if there is none of them
	mayBeEmpty bool   // unless [Switches].EmptyListRefused
}

// readLists reads the value of an add or remove step: an object of lists.
func (r *stepReader) readLists(raw json.RawMessage, rules listRules) (map[string][]string, *problem) {
	fields, ok := readObject(raw)
	if !ok {
		return nil, newProblem("error.command.add_remove.list", "Add or Remove must be an object of lists")
	}
	lists := map[string][]string{}
	seen := map[string]bool{}
	total := 0
	for _, f := range fields {
		list, ok := rules.keys[f.key]
		if !ok {
			return nil, foreign("error.command.add_remove.key.unknown", "Unknown key in Add or Remove: %s", f.key)
		}
		if seen[f.key] {
			return nil, newProblem(duplicateCodes[f.key], "Duplicate list in Add or Remove: %s", f.key)
		}
		seen[f.key] = true
		if f.key == "product" && !r.cfg.Switches.NoDeprecationWarnings {
			r.warn(messageProductDeprecated)
		}
		names, p := r.readList(f, rules.mayBeEmpty && !r.cfg.Switches.EmptyListRefused)
		if p != nil {
			return nil, p
		}
		lists[list] = append(lists[list], names...)
		total += len(names)
	}
	if len(fields) == 0 {
		return nil, newProblem(rules.missing, "Add or Remove has no list")
	}
	if exceeds(total, r.cfg.MaxListEntries) {
		return nil, foreign("error.command.add_remove.list_too_long",
			"Too many products, users or groups in Add or Remove: max is %d", r.cfg.MaxListEntries)
	}
	return lists, nil
}

// The errorCodes for lists, by their key: for one that is empty, for an entry
// that is none, and for what is there twice (ErrorRef). That a name is twice in
// a list matters only for users and for the old key of user groups.
var (
	emptyCodes = map[string]string{
		"user":      "error.usergroup.command.missing.arguments",
		"usergroup": "error.command.add_remove.invalid.usergroup_list",
	}
	invalidCodes = map[string]string{
		"user":      "error.user.user_list.invalid",
		"usergroup": "error.command.add_remove.invalid.usergroup_list",
	}
	duplicateCodes = map[string]string{
		"user":                 "error.command.add_remove.duplicate.user_list",
		"usergroup":            "error.command.add_remove.duplicate.usergroup_list",
		"product":              "error.command.add_remove.duplicate.product_list",
		"productConfiguration": "error.command.add_remove.duplicate.product_list",
		"group":                "error.command.add_remove.duplicate.group_list",
	}
)

const codeInvalidList = "error.group.invalid_list" // for every other key

func (r *stepReader) readList(f field, mayBeEmpty bool) ([]string, *problem) {
	elements, ok := readArray(f.value)
	if !ok {
		return nil, newProblem("error.command.add_remove.list_not_array", "Array expected in Add or Remove for: %s", f.key)
	}
	if len(elements) == 0 && !mayBeEmpty {
		return nil, newProblem(cmp.Or(emptyCodes[f.key], codeInvalidList), "Empty list in Add or Remove: %s", f.key)
	}
	invalid := cmp.Or(invalidCodes[f.key], codeInvalidList)
	unique := f.key == "user" || f.key == "usergroup"
	seen := map[string]bool{}
	names := make([]string, 0, len(elements))
	for _, raw := range elements {
		name, ok := readString(raw)
		switch length := utf8.RuneCountInString(name); {
		case !ok || name == "":
			return nil, newProblem(invalid, "Empty or invalid entry in Add or Remove: %s", f.key)
		case f.key == "user" && length > maxString:
			return nil, newProblem(invalid, "User name too long in list: max is %d", maxString)
		case f.key != "user" && length > maxGroupName:
			return nil, newProblem("error.command.add_remove.group_or_product_name_too_long",
				"Group or product name too long: max is %d", maxGroupName)
		case unique && seen[fold(name)]:
			return nil, newProblem(duplicateCodes[f.key], "Duplicate entry in Add or Remove: %s", name)
		}
		seen[fold(name)] = true
		names = append(names, name)
	}
	return names, nil
}

// readStrings reads the value of a create or update step: an object of strings.
// unknown is the code for a key that is not in keys.
func readStrings(raw json.RawMessage, keys []string, unknown string) (map[string]string, *problem) {
	fields, ok := readObject(raw)
	if !ok {
		return nil, newProblem("error.command.create.object_expected", "Object expected in create or update")
	}
	values := map[string]string{}
	for _, f := range fields {
		known := false
		for _, k := range keys {
			known = known || k == f.key
		}
		if !known {
			return nil, foreign(unknown, "Unknown key in command: %s", f.key)
		}
		value, ok := readString(f.value)
		if !ok {
			return nil, newProblem("error.command.create.string_expected", "String expected in command for field: %s", f.key)
		}
		values[f.key] = value
	}
	return values, nil
}
