package collector

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// maxDepth is how deep arrays and objects may lie in each other, as in encoding/json.
	maxDepth = 10_000
	// maxNodes bounds the memory for a text, of which nobody knows yet who sent it: 4 MiB.
	// The events that shops send have a quarter of that in the largest body.
	maxNodes = 1 << 18
)

var (
	errNoJSON  = errors.New("not a text of JSON")
	errCrowded = fmt.Errorf("more than %d names and values", maxNodes)
)

// parse reads a text of JSON as RFC 8259 has it. It takes what [encoding/json.Valid]
// takes; of other texts the error is errNoJSON, and errCrowded of one that is too much.
func parse(text string) (value, error) {
	const perNode = 10 // bytes, or a little more, in the events that shops send
	p := parser{text: text, nodes: make([]node, 0, len(text)/perNode+1)}
	if !p.element() || p.i < len(text) {
		if len(p.nodes) == maxNodes {
			return value{}, errCrowded
		}
		return value{}, errNoJSON
	}
	d := &document{text, p.nodes}
	return d.value(0), nil
}

// parser reads a text; i is how far it has come. Its methods read what they are named
// after, and report whether that was there.
type parser struct {
	text  string
	i     int
	depth int
	nodes []node
}

// node begins one, if there may be one more.
func (p *parser) node() (at int, ok bool) {
	at = len(p.nodes)
	if at == maxNodes {
		return 0, false
	}
	p.nodes = append(p.nodes, node{start: int32(p.i)})
	return at, true
}

// element is a value with the white space around it.
func (p *parser) element() bool {
	p.space()
	at, ok := p.node()
	if !ok {
		return false
	}
	odd, ok := p.value()
	n := &p.nodes[at]
	n.end, n.after, n.odd = int32(p.i), int32(len(p.nodes)), odd
	p.space()
	return ok
}

func (p *parser) value() (odd, ok bool) {
	if p.i == len(p.text) {
		return false, false
	}
	switch p.text[p.i] {
	case '"':
		return p.string()
	case '{':
		return false, p.list('}', p.member)
	case '[':
		return false, p.list(']', p.element)
	case 't':
		return false, p.word("true")
	case 'f':
		return false, p.word("false")
	case 'n':
		return false, p.word("null")
	}
	return false, p.number()
}

// list is an array or an object: what one reads, between commas, up to end.
func (p *parser) list(end byte, one func() bool) bool {
	if p.depth++; p.depth > maxDepth {
		return false
	}
	defer func() { p.depth-- }()
	p.i++
	if p.space(); p.take(end) {
		return true
	}
	for one() {
		if p.take(end) {
			return true
		}
		if !p.take(',') {
			return false
		}
	}
	return false
}

func (p *parser) member() bool {
	p.space()
	at, ok := p.node()
	if !ok || p.i == len(p.text) || p.text[p.i] != '"' {
		return false
	}
	odd, ok := p.string()
	n := &p.nodes[at]
	n.end, n.after, n.odd = int32(p.i), int32(at+1), odd
	p.space()
	return ok && p.take(':') && p.element()
}

// string is odd if it says something else than is written.
func (p *parser) string() (odd, ok bool) {
	start, wide := p.i+1, false
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.i = i + 1
			return odd || wide && !utf8.ValidString(p.text[start:i]), true
		case c == '\\':
			n := escape(p.text[i+1:])
			if n == 0 {
				return false, false
			}
			i, odd = i+n, true
		case c < ' ':
			return false, false
		case c >= utf8.RuneSelf:
			wide = true
		}
	}
	return false, false
}

// escape returns how long an escape is after its backslash; 0 = it is none.
func escape(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == 'u':
		if len(s) < 5 || strings.Trim(s[1:5], "0123456789abcdefABCDEF") != "" {
			return 0
		}
		return 5
	case strings.IndexByte(`"\/bfnrt`, s[0]) < 0:
		return 0
	}
	return 1
}

func (p *parser) number() bool {
	p.take('-')
	if !p.take('0') && !p.digits() {
		return false
	}
	if p.take('.') && !p.digits() {
		return false
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		return p.digits()
	}
	return true
}

// digits are one or more.
func (p *parser) digits() bool {
	from := p.i
	for p.i < len(p.text) && isDigit(p.text[p.i]) {
		p.i++
	}
	return p.i > from
}

func (p *parser) word(w string) bool {
	if !strings.HasPrefix(p.text[p.i:], w) {
		return false
	}
	p.i += len(w)
	return true
}

func (p *parser) take(c byte) bool {
	if p.i == len(p.text) || p.text[p.i] != c {
		return false
	}
	p.i++
	return true
}

func (p *parser) space() {
	for p.i < len(p.text) {
		switch p.text[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
