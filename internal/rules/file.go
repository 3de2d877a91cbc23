package rules

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFileBytes bounds a rules file; the built-in one is far below it.
const maxFileBytes = 1 << 20

//go:embed default.yaml
var defaults []byte

// Default returns the built-in rules.
func Default() Rules {
	r := builtIn()
	r.Rates = maps.Clone(r.Rates)
	for _, o := range []*Outlier{&r.Anomaly.HighValue, &r.Anomaly.UnusualQuantity} {
		o.Categories = maps.Clone(o.Categories)
	}
	return r
}

var builtIn = sync.OnceValue(func() Rules {
	var r Rules
	d := decoder{lines: map[string]int{}}
	d.file(defaults, &r)
	if found := append(d.found, r.problems()...); len(found) > 0 {
		panic(fmt.Sprintf("rules: default.yaml: %v", found[0]))
	}
	return r
})

// Parse decodes a rules file over the defaults and validates the result. It
// takes no key that it does not know and no key twice. The error joins every
// problem, each with its line and key. An empty file is the defaults.
//
// A file's rates replace the built-in ones as a whole; one that names another
// reporting currency and no rates has none, as the built-in rates would mean
// something else.
func Parse(text []byte) (Rules, error) {
	r := Default()
	currency := r.Currency
	d := decoder{lines: map[string]int{}}
	d.file(text, &r)
	if d.lines["rates"] == 0 && r.Currency != currency {
		r.Rates = map[string]Rate{}
	}
	for _, p := range r.problems() {
		p.line = d.lines[p.path]
		d.found = append(d.found, p)
	}
	if len(d.found) == 0 {
		return r, nil
	}
	slices.SortStableFunc(d.found, func(a, b problem) int { return a.line - b.line })
	errs := make([]error, len(d.found))
	for i, p := range d.found {
		errs[i] = p
	}
	return Rules{}, errors.Join(errs...)
}

// YAML returns r as a rules file with the comments of the built-in one:
// Parse reads it back as r. It fails if r is not valid.
func (r Rules) YAML() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	comments := yaml.CommentMap{}
	var shape Rules // only the comments are wanted, and Parse reads the values
	err := yaml.UnmarshalWithOptions(defaults, &shape, yaml.CommentToMap(comments),
		yaml.CustomUnmarshaler(func(*Rate, []byte) error { return nil }),
		yaml.CustomUnmarshaler(func(*Milli, []byte) error { return nil }))
	if err != nil {
		return nil, fmt.Errorf("rules: read comments of default.yaml: %w", err)
	}
	if r.Rates == nil {
		r.Rates = map[string]Rate{} // {}, not null
	}
	text, err := yaml.MarshalWithOptions(r, yaml.WithComment(comments),
		yaml.CustomMarshaler(func(rate Rate) ([]byte, error) { return []byte(strconv.Quote(rate.String())), nil }),
		yaml.CustomMarshaler(func(m Milli) ([]byte, error) { return []byte(m.String()), nil }),
		yaml.CustomMarshaler(func(names [Scores]string) ([]byte, error) { return []byte(quoted(names[:])), nil }), // the library writes "? !" bare, a key
		yaml.CustomMarshaler(func(d time.Duration) ([]byte, error) { return []byte(short(d)), nil }))
	if err != nil {
		return nil, fmt.Errorf("rules: encode: %w", err)
	}
	return text, nil
}

// quoted returns names as a list of one line.
func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strconv.Quote(name)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// short returns d without the zero units that time.Duration writes: 2h, not
// 2h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// decoder walks a file and the struct it describes side by side. Values that
// cannot be read keep what they were.
type decoder struct {
	found []problem
	lines map[string]int // where each key stands, by path
}

func (d *decoder) add(line int, path, format string, args ...any) {
	d.found = append(d.found, problem{line, path, fmt.Sprintf(format, args...)})
}

func (d *decoder) file(text []byte, r *Rules) {
	if len(text) > maxFileBytes {
		d.add(0, "", "the file has %d bytes, want at most %d", len(text), maxFileBytes)
		return
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		line, message := 0, err.Error()
		if syntax, ok := errors.AsType[yaml.Error](err); ok && syntax.GetToken() != nil {
			line, message = syntax.GetToken().Position.Line, syntax.GetMessage()
		}
		d.add(line, "", "not YAML: %s", message)
		return
	}
	documents := 0
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if documents++; documents > 1 {
			d.add(lineOf(doc.Body), "", "a second document, want one")
			return
		}
		d.value(doc.Body, reflect.ValueOf(r).Elem(), "")
	}
}

func lineOf(node ast.Node) int {
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return 0
}

// value decodes node into v.
func (d *decoder) value(node ast.Node, v reflect.Value, path string) {
	if node.Type() == ast.NullType {
		return // a key without a value keeps the default
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]reflect.Value{}
		var names []string
		for field, value := range v.Fields() {
			name := field.Tag.Get("yaml")
			names = append(names, name)
			fields[name] = value
		}
		d.entries(node, path, func(entry *ast.MappingValueNode, name, path string) {
			field, known := fields[name]
			if !known {
				d.add(lineOf(entry.Key), path, "unknown key, want one of %s", strings.Join(names, ", "))
				return
			}
			d.value(entry.Value, field, path)
		})
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		d.entries(node, path, func(entry *ast.MappingValueNode, name, path string) {
			value := reflect.New(v.Type().Elem()).Elem()
			before := len(d.found)
			d.value(entry.Value, value, path)
			if len(d.found) == before {
				v.SetMapIndex(reflect.ValueOf(name), value)
			}
		})
	case reflect.Array:
		d.list(node, v, path)
	default:
		d.scalar(node, v, path)
	}
}

// list decodes a list that has one value for each element of v.
func (d *decoder) list(node ast.Node, v reflect.Value, path string) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.add(lineOf(node), path, "found %s, want a list of %d values", strings.ToLower(node.Type().String()), v.Len())
		return
	}
	if len(sequence.Values) != v.Len() {
		d.add(lineOf(node), path, "found %d values, want %d", len(sequence.Values), v.Len())
		return
	}
	for i, value := range sequence.Values {
		d.value(value, v.Index(i), path)
	}
}

// entries calls visit for each entry of a mapping, with its key and path.
func (d *decoder) entries(node ast.Node, path string, visit func(entry *ast.MappingValueNode, name, path string)) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		d.add(lineOf(node), path, "found %s, want keys with values", strings.ToLower(node.Type().String()))
		return
	}
	for it := mapping.MapRange(); it.Next(); {
		entry := it.KeyValue()
		name := entry.Key.GetToken().Value
		at := strings.TrimPrefix(path+"."+name, ".")
		if first, twice := d.lines[at]; twice {
			d.add(lineOf(entry.Key), at, "the key stands twice, first in line %d", first)
			continue
		}
		d.lines[at] = lineOf(entry.Key)
		visit(entry, name, at)
	}
}

// scalar decodes a leaf.
func (d *decoder) scalar(node ast.Node, v reflect.Value, path string) {
	if _, ok := node.(ast.ScalarNode); !ok {
		d.add(lineOf(node), path, "found %s, want one value", strings.ToLower(node.Type().String()))
		return
	}
	text := node.GetToken().Value
	var err error
	switch target := v.Addr().Interface().(type) {
	case *Rate:
		var rate Rate
		if rate, err = ParseRate(text); err == nil {
			*target = rate
		}
	case *Milli:
		var milli Milli
		if milli, err = ParseMilli(text); err == nil {
			*target = milli
		}
	case *time.Duration:
		var duration time.Duration
		if duration, err = time.ParseDuration(text); err != nil {
			err = fmt.Errorf("%q is not a duration, such as 2h or 90m", text)
		} else {
			*target = duration
		}
	case *int:
		var n int
		if n, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("found %q, want a whole number", text)
		} else {
			*target = n
		}
	case *string:
		*target = text
	default:
		panic(fmt.Sprintf("rules: %s has a type without a YAML form", path))
	}
	if err != nil {
		d.add(lineOf(node), path, "%v", err)
	}
}
