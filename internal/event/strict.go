package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// The strict reader. encoding/json proves that the record is JSON, then a
// cursor walks it without having to doubt the grammar. It gives every verdict
// on the form of a record, in the order of [Reasons].

// read reads record into e.
func (d *Decoder) read(record []byte, e *Event) *Invalid {
	e.reset()
	if invalid := checkJSON(record); invalid != nil {
		return invalid
	}
	s := survey(record)
	if s.items > MaxItems {
		return &Invalid{Oversized, "items", fmt.Sprintf("%d lines, at most %d are allowed", s.items, MaxItems)}
	}
	if unknownMajor(s.version) {
		return unknownVersion(s.version)
	}
	ti := indexOf(Type(s.typ))
	if ti == 0 {
		return badType(s.typ)
	}
	r := reader{clock: &d.clock, line: -1}
	seen := r.object(&cursor{b: record}, eventFields, ti, unsafe.Pointer(e))
	e.Type = types[ti]
	e.absent(ti, seen)
	return r.invalid
}

// checkJSON reports what keeps record from being a JSON object in UTF-8 of at
// most MaxDepth levels.
func checkJSON(record []byte) *Invalid {
	trimmed := bytes.TrimLeft(record, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return &Invalid{Reason: BadJSON, Detail: "the record is empty, want a JSON object"}
	case !utf8.Valid(record):
		return &Invalid{Reason: BadJSON, Detail: "not UTF-8"}
	case !depthWithin(record, MaxDepth):
		return &Invalid{Reason: BadJSON, Detail: fmt.Sprintf("nested deeper than %d levels", MaxDepth)}
	case !json.Valid(record):
		return notJSON(record)
	case trimmed[0] != '{':
		c := cursor{b: trimmed}
		return &Invalid{Reason: BadJSON, Detail: "found " + c.describe() + ", want an object"}
	}
	return nil
}

// notJSON says where record stops being JSON.
func notJSON(record []byte) *Invalid {
	var v json.RawMessage
	err := json.Unmarshal(record, &v)
	detail := fmt.Sprint(err)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		detail = fmt.Sprintf("%v, at byte %d of %d", err, syntax.Offset, len(record))
	}
	return &Invalid{Reason: BadJSON, Detail: detail}
}

// depthWithin reports whether objects and arrays nest at most limit deep in b,
// which need not be valid.
func depthWithin(b []byte, limit int) bool {
	depth, inText := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// outline is what decides how a record is read.
type outline struct {
	typ, version string
	items        int
}

// survey returns the outline of a record that is a valid object, by the first
// member of each name that has a value of the right kind.
func survey(record []byte) outline {
	var s outline
	c := cursor{b: record}
	c.members(func(name string) {
		switch what := c.peek(); {
		case name == "event_type" && what == '"' && s.typ == "":
			s.typ = c.text()
		case name == "schema_version" && what == '"' && s.version == "":
			s.version = c.text()
		case name == "items" && what == '[' && s.items == 0:
			c.elements(func(int) { s.items++; c.skip() })
		default:
			c.skip()
		}
	})
	return s
}

// reader reads values into a struct and keeps the first thing that is wrong.
type reader struct {
	clock   *clock
	line    int // index of the item at hand, -1 outside items
	invalid *Invalid
}

// fail keeps the first failure.
func (r *reader) fail(name, format string, args ...any) {
	if r.invalid != nil {
		return
	}
	if r.line >= 0 {
		name = itemPath(r.line, name)
	}
	r.invalid = &Invalid{BadSchema, name, fmt.Sprintf(format, args...)}
}

// object reads the object at c into the struct at base, as type ti has its
// fields, and returns which ones it saw, null not counting.
func (r *reader) object(c *cursor, fields *fieldSet, ti typeIndex, base unsafe.Pointer) (seen uint64) {
	named := uint64(0)
	c.members(func(name string) {
		f := fields.byName[name]
		if r.invalid != nil || f == nil || !f.types.has(ti) {
			c.skip()
			return
		}
		bit := uint64(1) << f.index
		if named&bit != 0 {
			r.fail(f.name, "given twice")
		}
		named |= bit
		if c.peek() == 'n' {
			c.skip()
			return
		}
		seen |= bit
		r.value(c, f, base)
	})
	for _, f := range fields.byType[ti] {
		// An empty id or text is left to validation, which knows its reason.
		if f.need.has(ti) && seen>>f.index&1 == 0 && f.kind != kindText {
			r.fail(f.name, "missing")
		}
	}
	return seen
}

// value reads the value at c into field f of the struct at base.
func (r *reader) value(c *cursor, f *field, base unsafe.Pointer) {
	what := c.peek()
	switch {
	case f.kind.quoted() && what == '"':
		r.text(f, c.text(), base)
	case f.kind == kindInt || f.kind == kindBase:
		r.number(c, f, at[int64](base, f.offset))
	case f.kind == kindBool && (what == 't' || what == 'f'):
		*at[bool](base, f.offset) = what == 't'
		c.skip()
	case f.kind == kindItems && what == '[':
		r.items(c, at[[]Item](base, f.offset))
	case f.kind == kindTexts && what == '[':
		r.texts(c, f, at[[]string](base, f.offset))
	default:
		r.fail(f.name, "found %s, want %s", c.describe(), f.kind)
		c.skip()
	}
}

func (r *reader) text(f *field, s string, base unsafe.Pointer) {
	switch f.kind {
	case kindText:
		*at[string](base, f.offset) = s
	case kindTime:
		t, ok := r.clock.read([]byte(s))
		if !ok {
			r.fail(f.name, "found %s, want an RFC 3339 timestamp such as 2026-01-02T15:04:05.000Z", quote(s))
		}
		*at[Time](base, f.offset) = t
	default: // the type is known already, the time of arrival comes from the log
	}
}

func (r *reader) number(c *cursor, f *field, to *int64) {
	c.peek()
	value := *c
	c.skip()
	n, err := strconv.ParseInt(alias(c.b[value.i:c.i]), 10, 64)
	if err != nil || Minor(n) == NoAmount {
		r.fail(f.name, "found %s, want a 64-bit integer without fraction or exponent", value.describe())
	}
	*to = n
}

func (r *reader) items(c *cursor, to *[]Item) {
	c.elements(func(i int) {
		r.line = i
		if what := c.peek(); what != '{' {
			r.fail("", "found %s, want an object", c.describe())
			c.skip()
			return
		}
		*to = append(*to, Item{})
		item := &(*to)[len(*to)-1]
		if seen := r.object(c, itemFields, 0, unsafe.Pointer(item)); seen&baseLineBit == 0 {
			item.BaseAmountMinor = NoAmount
		}
	})
	r.line = -1
}

func (r *reader) texts(c *cursor, f *field, to *[]string) {
	c.elements(func(i int) {
		if c.peek() != '"' {
			r.fail(fmt.Sprintf("%s[%d]", f.name, i), "found %s, want a string", c.describe())
			c.skip()
			return
		}
		*to = append(*to, c.text())
	})
}

// String says what a value of kind k is, for people.
func (k kind) String() string {
	switch k {
	case kindText, kindType:
		return "a string"
	case kindTime, kindReceived:
		return "a timestamp in a string"
	case kindInt, kindBase:
		return "an integer"
	case kindBool:
		return "true or false"
	default:
		return "an array"
	}
}
