package transfer

// Kind is what the values of a column are, in a [Row]: a database may keep them
// in a form of its own.
type Kind string

// The kinds of values.
const (
	Text   Kind = "text"   // a string
	Number Kind = "number" // an int64
	Flag   Kind = "flag"   // a bool
	JSON   Kind = "json"   // a string of JSON, of which only the meaning counts
)

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Table is one table, as every database has it.
type Table struct {
	Name    string
	Columns []Column
	// Key is how many of the columns, the first ones, tell rows apart. Rows are
	// read in their order, texts by bytes.
	Key int
	// Derived says that triggers fill it. Of such a table only rows that say
	// something count: those of which one of the columns behind the key is not 0, if
	// there are any.
	Derived bool
}

// Tables are those of a store, but for leases, which are of a database and its
// processes. Each comes after those that it refers to.
// Columns that the database works out itself are left out.
var Tables = []Table{
	table("orgs", 1, text("org"), number("paused_until", "listing_began_at", "groups_listed_at"), text("fingerprint", "group_rules")),
	table("users", 1, number("key"), text("org", "id", "document", "user_name_key", "external_id", "display_name_key", "display"),
		number("active", "version", "created", "modified"), columns(JSON, "search")),
	table("groups", 1, number("key"), text("org", "id", "document", "display_name_key", "display", "external_id"),
		number("version", "created", "modified")),
	table("members", 2, number("group_key"), text("member_id"), number("user_key", "child_key")),
	table("due", 4, text("org", "kind", "group_id", "user_id"), number("generation", "rank", "since"), text("state"), flag("parked"),
		number("not_before", "attempts", "refused"), flag("released"), text("code", "message", "hint")),
	table("accounts", 2, text("org", "id", "presence", "type", "email", "email_key", "username", "domain", "first_name", "last_name",
		"country", "candidate", "candidate_key"), flag("twin"), number("look_at", "looks")),
	table("adobe_groups", 2, text("org", "id", "name", "name_key", "type", "presence"), flag("adopted", "ruled"),
		text("candidate", "candidate_key"), number("missed_at")),
	table("edges", 3, text("org", "account", "adobe_group"), flag("doubtful")),
	table("links", 4, text("org", "kind", "directory_id", "mirror_id"), flag("stale", "rule"), number("synced_at")),
	table("calls", 2, text("org", "id"), number("sent_at", "settled_at"), text("outcome", "request_id"),
		number("departures", "entitlements"), text("body")),
	table("journal", 1, number("seq"), text("org"), number("at"), text("actor", "request_id", "user_id", "group_id", "event", "text")),

	derived("emails", 3, text("org", "value_key"), number("user_key")),
	derived("sizes", 1, text("org"), number("users", "groups")),
	derived("work", 3, text("org", "kind", "group_id"), number("pending", "parked", "held", "failed")),
}

func table(name string, key int, parts ...[]Column) Table {
	t := Table{Name: name, Key: key}
	for _, p := range parts {
		t.Columns = append(t.Columns, p...)
	}
	return t
}

func derived(name string, key int, parts ...[]Column) Table {
	t := table(name, key, parts...)
	t.Derived = true
	return t
}

func columns(k Kind, names ...string) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i] = Column{name, k}
	}
	return out
}

func text(names ...string) []Column   { return columns(Text, names...) }
func number(names ...string) []Column { return columns(Number, names...) }
func flag(names ...string) []Column   { return columns(Flag, names...) }
