package event

import (
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// AppendJSON appends the canonical JSON form of e to b: compact, in the order
// of the struct, with what e's type has and without optional fields that are
// empty, zero, false or [NoAmount]. It is always valid UTF-8: bytes that are
// not become U+FFFD. Decoding it gives back e, if e is valid.
func (e *Event) AppendJSON(b []byte) []byte {
	ti := indexOf(e.Type)
	b = append(b, '{')
	b = appendFields(b, eventFields.byType[ti], ti, unsafe.Pointer(e))
	return append(b, '}')
}

// appendFields appends the members of the struct at base.
func appendFields(b []byte, fields []*field, ti typeIndex, base unsafe.Pointer) []byte {
	first := true
	for _, f := range fields {
		if !f.written(ti, base) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, f.key...)
		b = f.appendValue(b, base)
	}
	return b
}

// written reports whether field f of the struct at base is worth writing.
func (f *field) written(ti typeIndex, base unsafe.Pointer) bool {
	if f.kind == kindBase {
		return *at[Minor](base, f.offset) != NoAmount
	}
	if f.need.has(ti) {
		return true
	}
	switch f.kind {
	case kindText, kindType:
		return len(*at[string](base, f.offset)) != 0
	case kindTime, kindReceived, kindInt:
		return *at[int64](base, f.offset) != 0
	case kindBool:
		return *at[bool](base, f.offset)
	case kindItems:
		return len(*at[[]Item](base, f.offset)) != 0
	default:
		return len(*at[[]string](base, f.offset)) != 0
	}
}

// appendValue appends the value of field f of the struct at base.
func (f *field) appendValue(b []byte, base unsafe.Pointer) []byte {
	switch f.kind {
	case kindText, kindType:
		return appendText(b, *at[string](base, f.offset))
	case kindTime, kindReceived:
		return append(at[Time](base, f.offset).AppendTo(append(b, '"')), '"')
	case kindInt, kindBase:
		return strconv.AppendInt(b, *at[int64](base, f.offset), 10)
	case kindBool:
		return strconv.AppendBool(b, *at[bool](base, f.offset))
	case kindItems:
		return appendItems(b, *at[[]Item](base, f.offset))
	default:
		return appendTexts(b, *at[[]string](base, f.offset))
	}
}

func appendItems(b []byte, items []Item) []byte {
	b = append(b, '[')
	for i := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		b = appendFields(b, itemFields.byType[0], 0, unsafe.Pointer(&items[i]))
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, s := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

// appendText appends s as a JSON string.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	text := unsafe.Slice(unsafe.StringData(s), len(s))
	for i := 0; ; {
		end := plainEnd(text, i)
		b = append(b, s[i:end]...)
		if end == len(s) {
			return append(b, '"')
		}
		b, i = appendSpecial(b, s, end)
	}
}

// appendSpecial appends the character at s[i], which is not plain, and returns
// the index after it.
func appendSpecial(b []byte, s string, i int) (out []byte, next int) {
	const hex = "0123456789abcdef"
	switch c := s[i]; {
	case c == '"' || c == '\\':
		return append(b, '\\', c), i + 1
	case c == '\n':
		return append(b, '\\', 'n'), i + 1
	case c == '\t':
		return append(b, '\\', 't'), i + 1
	case c < 0x20 || c == 0x7f:
		return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15]), i + 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return utf8.AppendRune(b, r), i + size // RuneError is U+FFFD
}
