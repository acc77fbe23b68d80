package relational

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// micros is how a date is stored: microseconds since 1970, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// date is the reverse of micros.
func date(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// canonical is the form in which a document is stored, so that equal documents
// are equal texts: members in order of their names, no white space, numbers as
// they were written. It also returns what it read.
func canonical(doc []byte) (string, map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return "", nil, fmt.Errorf("read document: %w", err)
	}
	if m == nil {
		return "", nil, fmt.Errorf("read document: it is not a JSON object")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return "", nil, fmt.Errorf("write document: %w", err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), m, nil
}

// flag is a bool as a number.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// distinct leaves out what was there before, and keeps the order.
func distinct(values []string) []string {
	seen := make(map[string]bool, len(values))
	var out []string
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
