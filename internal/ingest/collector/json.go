package collector

import (
	"encoding/json"
	"iter"
)

// value is one value of a document; its zero value stands for one that is absent, and for
// null. It shares memory with the document, and so does what it says.
type value struct {
	doc *document
	at  int32 // its node
}

// document is a text of JSON that [parse] has read.
type document struct {
	text  string
	nodes []node // in the order of the text: after each those in it, before that of a member its name
}

// node is where a value stands, or the name of a member.
type node struct {
	start, end int32 // in the text
	after      int32 // the node after it and those in it
	odd        bool  // a string that says something else than is written: it has escapes, or is no UTF-8
}

func (d *document) value(at int32) value {
	if d.text[d.nodes[at].start] == 'n' {
		return value{}
	}
	return value{d, at}
}

// unquote returns what the string at a node says, in UTF-8.
func (d *document) unquote(at int32) string {
	n := &d.nodes[at]
	if !n.odd {
		return d.text[n.start+1 : n.end-1]
	}
	var s string
	if err := json.Unmarshal([]byte(d.text[n.start:n.end]), &s); err != nil {
		panic("collector: BUG: a string of a valid document cannot be read: " + err.Error())
	}
	return s
}

func (v value) given() bool { return v.doc != nil }

// raw is v as it is written; "" if it is absent.
func (v value) raw() string {
	if v.doc == nil {
		return ""
	}
	n := &v.doc.nodes[v.at]
	return v.doc.text[n.start:n.end]
}

// begins reports whether v is given, and begins with c.
func (v value) begins(c byte) bool {
	return v.doc != nil && v.doc.text[v.doc.nodes[v.at].start] == c
}

func (v value) isObject() bool { return v.begins('{') }
func (v value) isArray() bool  { return v.begins('[') }
func (v value) isTrue() bool   { return v.begins('t') }

// isEmpty reports whether v is absent or an empty text.
func (v value) isEmpty() bool { return v.doc == nil || v.raw() == `""` }

// members yields the members of an object in their order, by name; of any other value,
// nothing.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if !v.isObject() {
			return
		}
		nodes := v.doc.nodes
		for i := v.at + 1; i < nodes[v.at].after; i = nodes[i+1].after {
			if !yield(v.doc.unquote(i), v.doc.value(i+1)) {
				return
			}
		}
	}
}

// elements yields the elements of an array; of any other value, nothing. An element that
// is null is not given.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if !v.isArray() {
			return
		}
		nodes := v.doc.nodes
		for i := v.at + 1; i < nodes[v.at].after; i = nodes[i].after {
			if !yield(v.doc.value(i)) {
				return
			}
		}
	}
}

// count is how many elements an array has.
func (v value) count() (n int) {
	for range v.elements() {
		n++
	}
	return n
}

// member returns the last member called name, as encoding/json does.
func (v value) member(name string) (found value) {
	for n, m := range v.members() {
		if n == name {
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
	switch raw := v.raw(); {
	case raw == "":
		return ""
	case raw[0] == '"':
		return v.doc.unquote(v.at)
	case raw[0] == '-' || isDigit(raw[0]):
		return raw
	}
	return ""
}
