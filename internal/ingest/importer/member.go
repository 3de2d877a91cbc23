package importer

import (
	"bytes"
	"encoding/json"
	"time"

	"globalmart/internal/event"
)

// presence says whether a record has a value.
type presence int

const (
	absent presence = iota // or null
	given
	unreadable
)

// ownReceived returns the received_at that a record states itself, which the
// decoder does not read since in the log the record's own time wins. Of a
// record that is no JSON object it returns anything.
func ownReceived(record []byte) (event.Time, presence) {
	value := member(record, "received_at")
	if value == nil || value[0] == 'n' {
		return 0, absent
	}
	var s string
	var t time.Time
	if value[0] != '"' || json.Unmarshal(value, &s) != nil || t.UnmarshalText([]byte(s)) != nil {
		return 0, unreadable
	}
	return event.TimeOf(t), given
}

// member returns the value of the first member called name of the object
// record: a string with its quotes, of any other value the rest of the record;
// nil if there is none.
func member(record []byte, name string) []byte {
	depth := 0
	for i := 0; i < len(record); i++ {
		switch record[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			text := record[i:textEnd(record, i)]
			i += len(text) - 1
			value := afterColon(record[i+1:])
			if depth != 1 || value == nil || !spells(text, name) {
				continue
			}
			if value[0] == '"' {
				return value[:textEnd(value, 0)]
			}
			return value
		}
	}
	return nil
}

// textEnd returns the index after the string that begins at b[i].
func textEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// afterColon returns what follows a colon, or nil if none comes first or nothing
// follows it.
func afterColon(b []byte) []byte {
	colon := false
	for i, c := range b {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case c == ':' && !colon:
			colon = true
		case colon:
			return b[i:]
		default:
			return nil
		}
	}
	return nil
}

// spells reports whether text, with its quotes, is the name, be it escaped.
func spells(text []byte, name string) bool {
	if len(text) == len(name)+2 {
		return string(text[1:len(text)-1]) == name
	}
	var s string
	return len(text) > len(name)+2 && len(text) <= 6*len(name)+2 && // \u0072 for each letter
		bytes.IndexByte(text, '\\') >= 0 && json.Unmarshal(text, &s) == nil && s == name
}
