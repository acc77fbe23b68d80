package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math/big"
	"strconv"
	"strings"
)

// Sum is how many rows a table has, and their digest.
type Sum struct {
	Rows   int64
	Digest string
}

// digest adds up rows, in the order in which they are read.
type digest struct {
	rows int64
	sha  hash.Hash
	buf  []byte
}

func newDigest() *digest { return &digest{sha: sha256.New()} }

// add adds a row. Each value stands behind its kind and its length, so that no two
// rows look alike.
func (d *digest) add(r Row) {
	d.rows++
	for _, v := range r {
		d.buf = d.buf[:0]
		switch v := v.(type) {
		case nil:
			d.buf = append(d.buf, 'n')
		case string:
			d.buf = append(d.buf, 's')
			d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(len(v)))
			d.buf = append(d.buf, v...)
		case int64:
			d.buf = append(d.buf, 'i')
			d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(v))
		case bool:
			d.buf = strconv.AppendBool(append(d.buf, 'b'), v)
		}
		d.sha.Write(d.buf)
	}
}

func (d *digest) sum() Sum { return Sum{Rows: d.rows, Digest: hex.EncodeToString(d.sha.Sum(nil))} }

// clean gives a row the form in which it is compared, and in which every database
// can hold it: texts in UTF-8 without the character 0, JSON with its members in
// order, what is neither of those refused.
func clean(t Table, r Row) error {
	if len(r) != len(t.Columns) {
		return fmt.Errorf("%d values, want %d", len(r), len(t.Columns))
	}
	for i, c := range t.Columns {
		if r[i] == nil {
			continue
		}
		ok := false
		switch c.Kind {
		case Number:
			_, ok = r[i].(int64)
		case Flag:
			_, ok = r[i].(bool)
		case Text, JSON:
			var s string
			if s, ok = r[i].(string); !ok {
				break
			}
			var err error
			if c.Kind == JSON {
				s, err = canonical(s)
			}
			if err != nil {
				return fmt.Errorf("column %s: %w", c.Name, err)
			}
			r[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
		}
		if !ok {
			return fmt.Errorf("column %s: it is a %T and no %s", c.Name, r[i], c.Kind)
		}
	}
	return nil
}

// canonical is JSON without what two databases may write in different ways.
func canonical(text string) (string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(plain(v)); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// plain writes the numbers of a value in one way: all their digits, and no more.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if len(v) > maxNumber {
			return v
		}
		if _, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e"); len(exponent) > len("-400") {
			return v
		}
		r, ok := new(big.Rat).SetString(string(v))
		if !ok {
			return v
		}
		digits, _ := r.FloatPrec()
		return json.Number(r.FloatString(digits))
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return v
}

// maxNumber is how long a number may be that is written in another way.
const maxNumber = 400
