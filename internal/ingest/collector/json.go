package collector

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// value is one value of a document that json.Valid has passed, so that reading it cannot
// fail; nil stands for one that is absent, and for null. It shares memory with the
// document.
type value []byte

// parse returns the value of a document, and false if it is not JSON.
func parse(document []byte) (value, bool) {
	if !json.Valid(document) {
		return nil, false
	}
	return valueOf(bytes.TrimSpace(document)), true
}

func valueOf(b []byte) value {
	if len(b) == 0 || b[0] == 'n' {
		return nil
	}
	return b
}

func (v value) isObject() bool { return len(v) > 0 && v[0] == '{' }
func (v value) isArray() bool  { return len(v) > 0 && v[0] == '[' }

// members yields the members of an object in their order, by name; of any other value,
// nothing.
func (v value) members() iter.Seq2[[]byte, value] {
	return func(yield func([]byte, value) bool) {
		if !v.isObject() {
			return
		}
		for i := skipSpace(v, 1); v[i] != '}'; {
			nameEnd := textEnd(v, i)
			name := v[i+1 : nameEnd-1]
			if !isPlain(name) {
				name = []byte(unquote(v[i:nameEnd]))
			}
			i = skipSpace(v, skipSpace(v, nameEnd)+1) // past the colon
			end := valueEnd(v, i)
			if !yield(name, valueOf(v[i:end])) {
				return
			}
			if i = skipSpace(v, end); v[i] == ',' {
				i = skipSpace(v, i+1)
			}
		}
	}
}

// elements yields the elements of an array; of any other value, nothing. An element that
// is null is nil.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if !v.isArray() {
			return
		}
		for i := skipSpace(v, 1); v[i] != ']'; {
			end := valueEnd(v, i)
			if !yield(valueOf(v[i:end])) {
				return
			}
			if i = skipSpace(v, end); v[i] == ',' {
				i = skipSpace(v, i+1)
			}
		}
	}
}

// member returns the last member called name, as encoding/json does, or nil.
func (v value) member(name string) (found value) {
	for n, m := range v.members() {
		if string(n) == name {
			found = m
		}
	}
	return found
}

// path is member after member.
func (v value) path(names ...string) value {
	for _, n := range names {
		v = v.member(n)
	}
	return v
}

// text returns a string, or a number as it is written; "" for anything else.
func (v value) text() string {
	switch {
	case len(v) == 0:
		return ""
	case v[0] == '"':
		return unquote(v)
	case v[0] == '-' || v[0] >= '0' && v[0] <= '9':
		return string(v)
	}
	return ""
}

// isTrue reports whether v is true.
func (v value) isTrue() bool { return len(v) > 0 && v[0] == 't' }

// isPlain reports whether the inside of a string says what it is.
func isPlain(inner []byte) bool { return bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) }

// unquote returns what a JSON string says, in UTF-8.
func unquote(quoted []byte) string {
	if inner := quoted[1 : len(quoted)-1]; isPlain(inner) {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		panic("collector: BUG: a string of a valid document cannot be read: " + err.Error())
	}
	return s
}

// valueEnd returns the index after the value that begins at b[i].
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return textEnd(b, i)
	case '{', '[':
		for depth := 0; ; i++ {
			switch b[i] {
			case '"':
				i = textEnd(b, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(b) && !isSpace(b[i]) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
		i++
	}
	return i
}

// textEnd returns the index after the string that begins at b[i].
func textEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipSpace(b []byte, i int) int {
	for isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
