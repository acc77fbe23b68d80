package relational

import (
	"regexp"
	"strings"
	"sync"
)

// Words are what a database says where a statement has a mark. In a word, {n} is
// the mark's parameter and {j} its name.
type Words struct {
	Param    string // what a number of a parameter follows: $ or another sign
	Texts    string // {texts $n AS j}: each text of a list, as j.value
	Numbers  string // {numbers $n AS j}: each integer of a list, as j.value
	Rows     string // {rows $n AS j}: each row of Rows; j.value ->> 0 is its first column
	Document string // {document $n}: the searched form of a document
	In       string // {in $n}: to be one of a list of texts
	NotIn    string // {not in $n}: to be none of them
	By       string // {by j}: which index to use, if the database must be told
	Bytewise string // {bytewise}: to compare a text byte by byte

	mu    sync.Mutex
	known map[string]string
}

var mark = regexp.MustCompile(`\{(texts|numbers|rows|document|in|not in|by|bytewise)(?: (\$\d+))?(?:(?: AS)? (\w+))?\}`)

// maxKnown is how many texts are kept: more than there are statements. Some are
// made for one filter only.
const maxKnown = 512

// Text is a statement as the database takes it.
func (w *Words) Text(statement string) string {
	if !strings.Contains(statement, "{") && w.Param == "$" {
		return statement
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	text, ok := w.known[statement]
	if !ok {
		text = w.text(statement)
		if w.known == nil || len(w.known) == maxKnown {
			w.known = make(map[string]string)
		}
		w.known[statement] = text
	}
	return text
}

func (w *Words) text(statement string) string {
	words := map[string]string{
		"texts": w.Texts, "numbers": w.Numbers, "rows": w.Rows, "document": w.Document,
		"in": w.In, "not in": w.NotIn, "by": w.By, "bytewise": w.Bytewise,
	}
	statement = mark.ReplaceAllStringFunc(statement, func(found string) string {
		part := mark.FindStringSubmatch(found)
		return strings.NewReplacer("{n}", part[2], "{j}", part[3]).Replace(words[part[1]])
	})
	return strings.ReplaceAll(statement, "$", w.Param)
}
