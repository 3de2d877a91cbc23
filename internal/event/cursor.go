package event

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cursor walks b, which is valid JSON of at most MaxDepth levels, from i on.
// Its methods leave it after what they read.
type cursor struct {
	b []byte
	i int
}

// peek skips white space and returns the byte after it, which stays unread. It
// tells what follows: { [ " t f n, or a number.
func (c *cursor) peek() byte {
	for c.b[c.i] == ' ' || c.b[c.i] == '\n' || c.b[c.i] == '\t' || c.b[c.i] == '\r' {
		c.i++
	}
	return c.b[c.i]
}

// accept skips what, if it is next but for white space.
func (c *cursor) accept(what byte) bool {
	if c.peek() != what {
		return false
	}
	c.i++
	return true
}

// members calls f with the name of each member of the object at c; f must read
// the value.
func (c *cursor) members(f func(name string)) {
	c.accept('{')
	if c.accept('}') {
		return
	}
	for {
		c.peek()
		name := c.text()
		c.accept(':')
		f(name)
		if !c.accept(',') {
			c.accept('}')
			return
		}
	}
}

// elements calls f with the index of each element of the array at c; f must
// read the element.
func (c *cursor) elements(f func(i int)) {
	c.accept('[')
	if c.accept(']') {
		return
	}
	for i := 0; ; i++ {
		f(i)
		if !c.accept(',') {
			c.accept(']')
			return
		}
	}
}

// text reads the string at c. It shares memory with b unless it has escapes.
func (c *cursor) text() string {
	from := c.i
	c.skipText()
	quoted := c.b[from:c.i]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return alias(quoted[1 : len(quoted)-1])
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		panic("event: a valid string cannot be read: " + err.Error())
	}
	return s
}

func (c *cursor) skipText() {
	for c.i++; c.b[c.i] != '"'; c.i++ {
		if c.b[c.i] == '\\' {
			c.i++
		}
	}
	c.i++
}

// skip reads the value at c, whatever it is.
func (c *cursor) skip() {
	switch c.peek() {
	case '{':
		c.members(func(string) { c.skip() })
	case '[':
		c.elements(func(int) { c.skip() })
	case '"':
		c.skipText()
	default:
		for c.i < len(c.b) && strings.IndexByte(",]} \t\r\n", c.b[c.i]) < 0 {
			c.i++
		}
	}
}

// describe says what the value at c is, for people. It does not move c.
func (c *cursor) describe() string {
	ahead := cursor{c.b, c.i}
	switch ahead.peek() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "the string " + quote(ahead.text())
	}
	from := ahead.i
	ahead.skip()
	return shorten(string(c.b[from:ahead.i]))
}

// quote returns s quoted, and shortened if it is long.
func quote(s string) string { return strconv.Quote(shorten(s)) }

func shorten(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
