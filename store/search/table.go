package search

import (
	"regexp"
	"strconv"
)

// Table is how a table of resources is searched.
type Table struct {
	// Key is the column that tells resources apart, and Keys selects it from the
	// resources of the org, with a WHERE. Where both are empty, no indexes are
	// put together.
	Key, Keys string
	// Document is the column of the searched form, empty if there is none.
	Document string
	// Columns are attributes that have a column, by name in lower case, with an
	// extension's URN and a sub-attribute where there is one.
	Columns map[string]Column
	// Lists are multi-valued attributes that are not in the document alone, by
	// name in lower case.
	Lists map[string]List
}

// Column is an attribute of one value.
type Column struct {
	// SQL is the expression of its value.
	SQL  string
	Kind Kind
	// Missing is the condition that it is unassigned. Empty means that SQL is
	// NULL then, or that it never is.
	Missing string
	// Indexed says that an index finds the few resources that have a value, or
	// one that begins so.
	Indexed bool
}

// Kind is how a column is compared.
type Kind string

const (
	// Text is compared without case. The column holds directory.Fold of it.
	Text Kind = "text"
	// ExactText is compared with case.
	ExactText Kind = "exact text"
	// Flag is a boolean as 1 or 0.
	Flag Kind = "flag"
	// FlagText is a boolean as true or false.
	FlagText Kind = "flag text"
	// Date is microseconds since 1970.
	Date Kind = "date"
	// Number is an integer.
	Number Kind = "number"
	// Whole is a complex attribute that always has a value. It can only be
	// asked for.
	Whole Kind = "whole"
)

// List is a multi-valued attribute.
type List struct {
	// From selects the rows of one resource, from FROM on and with a WHERE.
	// Empty means that the elements are those of the document.
	From string
	// Columns are the sub-attributes of such a row, by name in lower case.
	Columns map[string]Column
	// Holding is the condition that the resource has an element of a value,
	// which is exactly what the filter says, answered by an index. The value
	// stands where %s is. Empty if there is none.
	Holding string
}

// Dialect is how a database says what the databases say differently. A path
// is the names that lead to a value in a document, as a parameter.
type Dialect interface {
	// Path is the value of a path's parameter.
	Path(names ...string) any
	// At is the text at a path of a document, NULL if there is none.
	At(document, path string) string
	// Has is the condition that there is something at a path.
	Has(document, path string) string
	// Elements is what to select from to get the elements of the list at a path as
	// a document, e.value, with their place, e.key.
	Elements(document, path string) string
	// Contains and EndsWith compare texts, of which part is not empty.
	Contains(text, part string) string
	EndsWith(text, part string) string
}

// Args are the parameters of a statement.
type Args struct {
	d      Dialect
	values []any
}

// NewArgs begins with the parameters that a statement has already.
func NewArgs(d Dialect, values ...any) *Args { return &Args{d: d, values: values} }

// Add adds a parameter and returns its place, such as $3.
func (a *Args) Add(v any) string {
	a.values = append(a.values, v)
	return "$" + strconv.Itoa(len(a.values))
}

var parameter = regexp.MustCompile(`\$[0-9]+`)

// Used numbers the parameters anew that a statement names, and returns those. One
// that it does not name, as of a comparison which is always false, has no type that
// a database could tell.
func (a *Args) Used(statement string) (string, []any) {
	var kept []any
	places := make(map[string]string)
	statement = parameter.ReplaceAllStringFunc(statement, func(place string) string {
		if places[place] == "" {
			n, _ := strconv.Atoi(place[1:]) // it is of digits
			kept = append(kept, a.values[n-1])
			places[place] = "$" + strconv.Itoa(len(kept))
		}
		return places[place]
	})
	return statement, kept
}

func (a *Args) path(names ...string) string { return a.Add(a.d.Path(names...)) }
