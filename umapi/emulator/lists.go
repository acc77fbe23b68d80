package emulator

import (
	"encoding/json"
	"unicode/utf8"
)

// maxGroupName is the length in characters that clients keep to; the service's
// own is not documented.
const maxGroupName = 255

// messageProductDeprecated is the only warning whose text is documented.
const messageProductDeprecated = "'product' command is deprecated. Please use productConfiguration."

// readLists reads the value of an add or remove step: an object of lists. keys
// maps each key that is allowed to the list it belongs to, since several are
// deprecated names for one.
func (r *stepReader) readLists(raw json.RawMessage, keys map[string]string) (map[string][]string, *problem) {
	fields, ok := readObject(raw)
	if !ok {
		return nil, newProblem("error.command.add_remove.list", "Add or Remove must be an object of lists")
	}
	lists := map[string][]string{}
	seen := map[string]bool{}
	total := 0
	for _, f := range fields {
		list, ok := keys[f.key]
		if !ok {
			return nil, foreign("error.command.add_remove.key.unknown", "Unknown key in Add or Remove: %s", f.key)
		}
		if seen[f.key] {
			return nil, newProblem(duplicateCode(f.key), "Duplicate list in Add or Remove: %s", f.key)
		}
		seen[f.key] = true
		if f.key == "product" {
			r.warn(messageProductDeprecated)
		}
		names, p := r.readList(f)
		if p != nil {
			return nil, p
		}
		lists[list] = append(lists[list], names...)
		total += len(names)
	}
	if len(fields) == 0 {
		return nil, newProblem("error.command.add_remove.missing_list", "Add or Remove has no list")
	}
	if total > r.cfg.MaxListEntries {
		return nil, foreign("error.command.add_remove.list_too_long",
			"Too many products, users or groups in Add or Remove: max is %d", r.cfg.MaxListEntries)
	}
	return lists, nil
}

func duplicateCode(key string) string {
	switch key {
	case "user":
		return "error.command.add_remove.duplicate.user_list"
	case "usergroup":
		return "error.command.add_remove.duplicate.usergroup_list"
	case "product", "productConfiguration":
		return "error.command.add_remove.duplicate.product_list"
	}
	return "error.command.add_remove.duplicate.group_list"
}

func (r *stepReader) readList(f field) ([]string, *problem) {
	invalid := "error.group.invalid_list"
	if f.key == "user" {
		invalid = "error.user.user_list.invalid"
	}
	elements, ok := readArray(f.value)
	if !ok {
		return nil, newProblem("error.command.add_remove.list_not_array", "Array expected in Add or Remove for: %s", f.key)
	}
	if len(elements) == 0 && !r.cfg.Switches.EmptyListAccepted {
		return nil, newProblem(invalid, "Empty list in Add or Remove: %s", f.key)
	}
	names := make([]string, 0, len(elements))
	for _, raw := range elements {
		name, ok := readString(raw)
		if !ok || name == "" {
			return nil, newProblem(invalid, "Empty or invalid entry in Add or Remove: %s", f.key)
		}
		if f.key != "user" && utf8.RuneCountInString(name) > maxGroupName {
			return nil, newProblem("error.command.add_remove.group_or_product_name_too_long",
				"Group or product name too long: max is %d", maxGroupName)
		}
		if f.key == "user" && utf8.RuneCountInString(name) > maxString {
			return nil, newProblem(invalid, "User name too long in list: max is %d", maxString)
		}
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
