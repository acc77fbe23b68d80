package main

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// decoder fills the structs of config_keys.go from a YAML document and goes on
// after a mistake, so that all are found. The library's own strict decoding
// ends with the first.
type decoder struct {
	lookupEnv func(string) (string, bool)
	anchors   map[string]ast.Node
	lines     map[string]int // of each path that was given
	found     []problem
	broken    []string // paths of the wrong shape
	parsed    bool     // the text is YAML, and a mapping
}

// decode reads text into out, a pointer to a struct, whose defaults are set
// first.
func (d *decoder) decode(text []byte, out any) {
	d.anchors, d.lines = map[string]ast.Node{}, map[string]int{}
	v := reflect.ValueOf(out).Elem()
	setDefaults(v)
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return
	}
	if len(file.Docs) > 1 {
		d.found = append(d.found, problem{text: "the file holds several YAML documents, want one"})
		return
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		d.parsed = true
		return
	}
	ast.Walk(anchorCollector(d.anchors), file.Docs[0].Body)
	d.node(file.Docs[0].Body, v, "")
	d.parsed = len(d.broken) == 0 || d.broken[0] != "the file"
}

// syntax notes an error of the parser without the source lines that the
// library would print with it: they may hold a secret.
func (d *decoder) syntax(err error) {
	p := problem{text: "not valid YAML"}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		p.text += ": " + e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			p.line = t.Position.Line
		}
	}
	d.found = append(d.found, p)
}

// anchorCollector notes each anchor of a document.
type anchorCollector map[string]ast.Node

// Visit implements [ast.Visitor].
func (c anchorCollector) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		c[a.Name.GetToken().Value] = a.Value
	}
	return c
}

// problem notes what is wrong at a path, on the line of the path or of the
// nearest one above it that was given.
func (d *decoder) problem(path, format string, args ...any) {
	d.found = append(d.found, problem{line: d.line(path), path: path, text: fmt.Sprintf(format, args...)})
}

func (d *decoder) line(path string) int {
	for {
		if n, ok := d.lines[path]; ok || path == "" {
			return n
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// given reports whether a path stands in the file.
func (d *decoder) given(path string) bool {
	_, ok := d.lines[path]
	return ok
}

// bad reports whether a problem was noted at a path, or it lies in something of
// the wrong shape, so that one mistake is not reported twice.
func (d *decoder) bad(path string) bool {
	return d.misshapen(path) || slices.ContainsFunc(d.found, func(p problem) bool { return p.path == path })
}

// misshapen reports whether a path is, or lies in, something of the wrong shape.
func (d *decoder) misshapen(path string) bool {
	return slices.ContainsFunc(d.broken, func(b string) bool {
		return path == b || strings.HasPrefix(path, b+".") || strings.HasPrefix(path, b+"[")
	})
}

// shape notes that n is not what is wanted at a path. The value is not shown,
// since it may be a secret in the wrong place.
func (d *decoder) shape(n ast.Node, path, want string) {
	kind := "a single value"
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		kind = "a mapping"
	case ast.SequenceType:
		kind = "a list"
	}
	if path == "" {
		path = "the file"
	}
	d.broken = append(d.broken, path)
	d.found = append(d.found, problem{n.GetToken().Position.Line, path, kind + " is wrong here, want " + want})
}

// node decodes n into v. The path is how a person would name the place.
func (d *decoder) node(n ast.Node, v reflect.Value, path string) {
	written := n
	if n = d.resolve(n); n == nil && written != nil {
		d.problem(path, "stands for an anchor that is not there")
		d.broken = append(d.broken, path)
	}
	if n == nil || n.Type() == ast.NullType || n.Type() == ast.CommentType {
		return
	}
	if t := n.GetToken(); t != nil && t.Position != nil && !d.given(path) {
		d.lines[path] = t.Position.Line
	}
	if b, ok := v.Addr().Interface().(*fileBrakes); ok && isScalar(n) {
		b.Off = d.word(n, path, "off") != ""
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[secret](), v.Kind() != reflect.Struct && v.Kind() != reflect.Slice:
		d.scalar(n, v, path)
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, path)
	default:
		d.sequence(n, v, path)
	}
}

// resolve looks through anchors, aliases and tags.
func (d *decoder) resolve(n ast.Node) ast.Node {
	for range 10 {
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.AliasNode:
			n = d.anchors[t.Value.GetToken().Value]
		case *ast.TagNode:
			n = t.Value
		default:
			return n
		}
	}
	return nil
}

func isScalar(n ast.Node) bool {
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType, ast.SequenceType:
		return false
	}
	return true
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.shape(n, path, "a mapping of "+strings.Join(keysOf(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		at := join(path, key)
		field, ok := fieldOf(v, key)
		switch {
		case !ok:
			d.unknown(it.Key(), at, key, v.Type())
			continue
		case seen[key]:
			d.found = append(d.found, problem{it.Key().GetToken().Position.Line, at, "is given twice, want it once"})
			continue
		}
		seen[key] = true
		d.lines[at] = it.Key().GetToken().Position.Line
		d.node(it.Value(), field, at)
	}
}

func (d *decoder) unknown(n ast.Node, path, key string, t reflect.Type) {
	text := "is not a known key, want one of " + strings.Join(keysOf(t), ", ")
	if near := nearest(key, keysOf(t)); near != "" {
		text = "is not a known key, did you mean " + near + "?"
	}
	d.found = append(d.found, problem{n.GetToken().Position.Line, path, text})
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.shape(n, path, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, e := range s.Values {
		setDefaults(v.Index(i))
		d.node(e, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

// scalar decodes a single value. It goes by the text as it was written, so
// that a client_id of digits stays what it is and a number may come from the
// environment.
func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	if !isScalar(n) {
		d.shape(n, path, "a single value")
		return
	}
	text, ok := d.expand(scalarText(n), path)
	if !ok {
		return
	}
	if v.Kind() == reflect.String && text == "" {
		return // the same as leaving it out
	}
	if v.Type() == reflect.TypeFor[secret]() {
		v.Set(reflect.ValueOf(newSecret(text)))
		return
	}
	if err := setScalar(v, text); err != nil {
		d.problem(path, "%q is %v", text, err)
	}
}

// word decodes a scalar that can only be one word.
func (d *decoder) word(n ast.Node, path, want string) string {
	text, ok := d.expand(scalarText(n), path)
	if ok && text == want {
		return text
	}
	if ok {
		d.problem(path, "%q is wrong, want %s or a mapping of %s", text, want, strings.Join(keysOf(reflect.TypeFor[fileBrakes]()), ", "))
	}
	return ""
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand puts the environment's values where text says ${NAME}. It happens
// after parsing, so that no value can change the structure of the file.
func (d *decoder) expand(text, path string) (string, bool) {
	ok := true
	text = variable.ReplaceAllStringFunc(text, func(m string) string {
		name := m[2 : len(m)-1]
		value, set := d.lookupEnv(name)
		switch {
		case name == "":
			d.problem(path, "${} names no environment variable, want ${NAME}")
			ok = false
		case !set:
			d.problem(path, "environment variable %s is not set, want its value for ${%s}", name, name)
			ok = false
		}
		return value
	})
	return text, ok
}

// setScalar sets v from text, or says what is wrong with it and what is wanted.
func setScalar(v reflect.Value, text string) error {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		t, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("not a duration, want one such as 24h or 90m")
		}
		v.SetInt(int64(t))
	case v.Kind() == reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("not a whole number, want one")
		}
		v.SetInt(int64(i))
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return errors.New("neither, want true or false")
		}
		v.SetBool(text == "true")
	default:
		v.SetString(text)
	}
	return nil
}

// setDefaults sets each field of v, down to the leaves, to the default in its
// tag.
func setDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[secret]() {
		return
	}
	for f, fv := range v.Fields() {
		if text, ok := f.Tag.Lookup("default"); ok {
			if err := setScalar(fv, text); err != nil {
				panic(fmt.Sprintf("default of %s.%s: %v", v.Type(), f.Name, err))
			}
		}
		setDefaults(fv)
	}
}

// keysOf returns the keys of a struct of config_keys.go.
func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	if i := slices.IndexFunc(reflect.VisibleFields(v.Type()), func(f reflect.StructField) bool {
		return key != "" && f.Tag.Get("yaml") == key
	}); i >= 0 {
		return v.Field(i), true
	}
	return reflect.Value{}, false
}

// scalarText is a scalar as it was written, without quotes.
func scalarText(n ast.Node) string {
	if l, ok := n.(*ast.LiteralNode); ok {
		return l.Value.Value
	}
	return n.GetToken().Value
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
