package event

import (
	"math/bits"
	"unsafe"
)

// The fast scanner. It takes compact JSON of the fields that the event's type
// has, each once, without escapes, nulls, fractions or exponents, with every
// required one, and timestamps it can read. It declines everything else, good
// or bad; so it decides nothing and names no reasons.

// successors are the two fields last seen after a field, the likelier first.
type successors [2]uint8

// start is the place in a table of successors for the first field of an object.
const start = 64

// next returns the token at b[i], or nil if it is not one of s. prev is the
// index of the field before.
func (s *fieldSet) next(guess *successors, b []byte, i int) *token {
	if t := &s.tokens[guess[0]]; t.at(b, i) {
		return t
	}
	if t := &s.tokens[guess[1]]; t.at(b, i) {
		return t
	}
	return s.learn(guess, b, i)
}

// learn looks the token at b[i] up and remembers it in guess.
func (s *fieldSet) learn(guess *successors, b []byte, i int) *token {
	if i >= len(b) || b[i] != '"' {
		return nil
	}
	f := s.byName[string(b[i+1:plainEnd(b, i+1)])]
	if f == nil {
		return nil
	}
	t := &s.tokens[f.index]
	if !t.at(b, i) {
		return nil
	}
	guess[0], guess[1] = t.index, guess[0]
	return t
}

// scan reads b into e and reports whether it took it. If so, only values are
// left to check.
func (d *Decoder) scan(b []byte, e *Event) bool {
	e.reset()
	d.wide = false
	if len(b) < 2 || b[0] != '{' {
		return false
	}
	var (
		base   = unsafe.Pointer(e)
		ti     typeIndex
		follow = &d.follow[0]
		prev   = uint8(start)
		seen   uint64
	)
	for i := 1; ; i++ {
		t := eventFields.next(&follow[prev], b, i)
		if t == nil || seen>>t.index&1 != 0 {
			return false
		}
		seen |= 1 << t.index
		prev = t.index
		i += int(t.n)
		switch t.kind {
		case kindText:
			from := i
			if i = d.text(b, i); i == 0 {
				return false
			}
			*at[string](base, uintptr(t.offset)) = alias(b[from : i-1])
		case kindInt, kindBase:
			n, next := integer(b, i)
			if next < 0 {
				return false
			}
			*at[int64](base, uintptr(t.offset)) = n
			i = next
		case kindType:
			from := i
			if i = d.text(b, i); i == 0 {
				return false
			}
			if ti = indexOf(Type(alias(b[from : i-1]))); ti == 0 {
				return false
			}
			e.Type = types[ti]
			follow = &d.follow[ti]
		default:
			if i = d.rare(b, i, t, e); i < 0 {
				return false
			}
		}
		if i >= len(b) {
			return false
		}
		if b[i] == ',' {
			continue
		}
		if b[i] != '}' || i != len(b)-1 {
			return false
		}
		return e.complete(ti, seen)
	}
}

// complete gives absent fields their meaning and reports whether seen has what
// type ti needs and no more than it has.
func (e *Event) complete(ti typeIndex, seen uint64) bool {
	if seen&eventFields.need[ti] != eventFields.need[ti] || seen&^eventFields.has[ti] != 0 {
		return false
	}
	e.absent(ti, seen)
	return true
}

var (
	versionBit   = uint64(1) << eventFields.byName["schema_version"].index
	baseTotalBit = uint64(1) << eventFields.byName["base_total_minor"].index
	baseLineBit  = uint64(1) << itemFields.byName["base_amount_minor"].index
)

// absent gives the fields that are not in seen their meaning.
func (e *Event) absent(ti typeIndex, seen uint64) {
	if seen&versionBit == 0 {
		e.SchemaVersion = SchemaVersion
	}
	if ti == indexTransaction && seen&baseTotalBit == 0 {
		e.BaseTotalMinor = NoAmount
	}
}

// text returns the index after the string whose first byte is b[i], or 0.
func (d *Decoder) text(b []byte, i int) int {
	for end := i; end+8 <= len(b); end += 8 {
		if m := special(load(b, end)); m != 0 {
			end += bits.TrailingZeros64(m) >> 3
			if b[end] == '"' {
				return end + 1
			}
			break
		}
	}
	return d.oddText(b, i)
}

// oddText is text for what is near the end of b or not plain ASCII.
func (d *Decoder) oddText(b []byte, i int) int {
	end := plainEnd(b, i)
	if end < len(b) && b[end] == '"' {
		return end + 1
	}
	d.wide = true
	return wideEnd(b, i) + 1
}

// rare reads the value at b[i] of a kind of which a record has few, and returns
// the index after it, or -1.
func (d *Decoder) rare(b []byte, i int, t *token, e *Event) int {
	from := i
	switch t.kind {
	case kindTime, kindReceived:
		if i = d.text(b, i); i == 0 {
			return -1
		}
		if t.kind == kindReceived {
			return i
		}
		at, ok := d.clock.read(b[from : i-1])
		if !ok {
			return -1
		}
		*timeAt(e, t) = at
		return i
	case kindBool:
		yes, n := boolean(b[i:])
		if n == 0 {
			return -1
		}
		*at[bool](unsafe.Pointer(e), uintptr(t.offset)) = yes
		return i + n
	case kindItems:
		return d.items(b, i, e)
	case kindTexts:
		return d.preferences(b, i, e)
	default:
		return -1
	}
}

func timeAt(e *Event, t *token) *Time { return at[Time](unsafe.Pointer(e), uintptr(t.offset)) }

// boolean returns the boolean that b starts with and its length, 0 if none.
func boolean(b []byte) (yes bool, n int) {
	switch {
	case len(b) >= 4 && string(b[:4]) == "true":
		return true, 4
	case len(b) >= 5 && string(b[:5]) == "false":
		return false, 5
	}
	return false, 0
}

// items reads the array of lines at b[i] and returns the index after it, or -1.
func (d *Decoder) items(b []byte, i int, e *Event) int {
	if i+1 < len(b) && b[i] == '[' && b[i+1] == ']' {
		return i + 2
	}
	if i >= len(b) || b[i] != '[' {
		return -1
	}
	for i++; ; i++ {
		if len(e.Items) == MaxItems || i >= len(b) || b[i] != '{' {
			return -1
		}
		e.Items = append(e.Items, Item{})
		i = d.item(b, i+1, &e.Items[len(e.Items)-1])
		if i < 0 || i >= len(b) {
			return -1
		}
		if b[i] == ']' {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
	}
}

// item reads the line whose first key is at b[i] and returns the index after
// it, or -1.
func (d *Decoder) item(b []byte, i int, item *Item) int {
	base := unsafe.Pointer(item)
	prev, seen := uint8(start), uint64(0)
	for ; ; i++ {
		t := itemFields.next(&d.inItems[prev], b, i)
		if t == nil || seen>>t.index&1 != 0 {
			return -1
		}
		seen |= 1 << t.index
		prev = t.index
		i += int(t.n)
		if t.kind == kindText {
			from := i
			if i = d.text(b, i); i == 0 {
				return -1
			}
			*at[string](base, uintptr(t.offset)) = alias(b[from : i-1])
		} else {
			n, next := integer(b, i)
			if next < 0 {
				return -1
			}
			*at[int64](base, uintptr(t.offset)) = n
			i = next
		}
		if i >= len(b) {
			return -1
		}
		if b[i] == ',' {
			continue
		}
		if b[i] != '}' || seen&itemFields.need[0] != itemFields.need[0] {
			return -1
		}
		if seen&baseLineBit == 0 {
			item.BaseAmountMinor = NoAmount
		}
		return i + 1
	}
}

// preferences reads the array of strings at b[i] and returns the index after
// it, or -1.
func (d *Decoder) preferences(b []byte, i int, e *Event) int {
	if i+1 < len(b) && b[i] == '[' && b[i+1] == ']' {
		return i + 2
	}
	if i >= len(b) || b[i] != '[' {
		return -1
	}
	for i++; ; i++ {
		if len(e.Preferences) == MaxPreferences || i >= len(b) || b[i] != '"' {
			return -1
		}
		from := i + 1
		if i = d.text(b, from); i == 0 || i >= len(b) {
			return -1
		}
		e.Preferences = append(e.Preferences, alias(b[from:i-1]))
		if b[i] == ']' {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
	}
}
