package event

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// FirstTimestamp is the earliest timestamp that is believed.
const FirstTimestamp Time = 946_684_800_000 // 2000-01-01T00:00:00.000Z

// Validate reports what keeps e from being taken: nil or an *[Invalid] with the
// first reason in the order of [Reasons]. e.ReceivedAt must be set. Fields that
// e's type does not have are neither looked at nor written.
//
// It does not know the length of the JSON form: a record of many long lines can
// still be over [MaxRecordBytes].
func (e *Event) Validate() error {
	if invalid := e.check(false); invalid != nil {
		return invalid
	}
	return nil
}

// check validates e. plain says that every text is known to be printable ASCII.
func (e *Event) check(plain bool) *Invalid {
	ti := indexOf(e.Type)
	if len(e.Items) > MaxItems && ti == indexTransaction {
		return &Invalid{Oversized, "items", fmt.Sprintf("%d lines, at most %d are allowed", len(e.Items), MaxItems)}
	}
	if e.SchemaVersion != SchemaVersion && unknownMajor(e.SchemaVersion) {
		return unknownVersion(e.SchemaVersion)
	}
	if ti == 0 {
		return badType(string(e.Type))
	}
	if invalid := e.checkSchema(ti, plain); invalid != nil {
		return invalid
	}
	if invalid := e.checkKeys(ti); invalid != nil {
		return invalid
	}
	if e.Timestamp < FirstTimestamp || e.ReceivedAt < FirstTimestamp || e.ReceivedAt > maxWritable ||
		e.Timestamp > e.ReceivedAt+MaxAhead-Time(e.ClockSkewMS) {
		return e.badTimestamp()
	}
	return e.checkAmounts(ti)
}

// unknownMajor reports whether version can be read and its major is not ours.
func unknownMajor(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.ParseUint(major, 10, 32)
	return err == nil && n != 1
}

func unknownVersion(version string) *Invalid {
	return &Invalid{UnknownVersion, "schema_version", fmt.Sprintf("found %s, this build reads 1.x", quote(version))}
}

func badType(t string) *Invalid {
	if t == "" {
		return &Invalid{BadSchema, "event_type", "missing"}
	}
	return &Invalid{BadSchema, "event_type", "found " + quote(t) + ", want one of " + eventFields.byName["event_type"].values()}
}

// values lists the values of an enum.
func (f *field) values() string { return strings.Join(f.enum, ", ") }

// checkSchema checks every value but ids that are missing, times and amounts.
func (e *Event) checkSchema(ti typeIndex, plain bool) *Invalid {
	base := unsafe.Pointer(e)
	for i := range eventFields.texts[ti] {
		t := &eventFields.texts[ti][i]
		if s := *at[string](base, uintptr(t.offset)); !t.good(s, plain) {
			return t.field.bad("", s)
		}
	}
	if e.ClockSkewMS < -MaxClockSkewMS || e.ClockSkewMS > MaxClockSkewMS {
		return outOfRange("clock_skew_ms", e.ClockSkewMS, -MaxClockSkewMS, MaxClockSkewMS)
	}
	switch ti {
	case indexTransaction:
		return e.checkItems(plain)
	case indexCartEvent:
		return e.checkCart()
	case indexInventoryUpdate:
		if e.Delta < -MaxQuantity || e.Delta > MaxQuantity {
			return outOfRange("delta", e.Delta, -MaxQuantity, MaxQuantity)
		}
	case indexCustomer:
		return e.checkCustomer(plain)
	default:
	}
	return nil
}

func outOfRange(name string, found, low, high int64) *Invalid {
	return &Invalid{BadSchema, name, fmt.Sprintf("found %d, want %d to %d", found, low, high)}
}

// good reports whether s is a value of t. An empty id always is, for that is
// another reason; an empty version never, for absent means 1.0.
func (t *textual) good(s string, plain bool) bool {
	if s == "" {
		return t.class == classID || t.class != classVersion && !t.need
	}
	if len(s) > int(t.max) {
		return false
	}
	switch t.class {
	case classText, classID:
		return plain || t.class.holds(s)
	case classEnum:
		return slices.Contains(t.field.enum, s)
	case classCountry:
		return len(s) == 2 && isUpper(s[0]) && isUpper(s[1])
	case classCurrency:
		return len(s) == 3 && isUpper(s[0]) && isUpper(s[1]) && isUpper(s[2])
	default:
		return s == SchemaVersion || isVersion(s)
	}
}

func isUpper(c byte) bool { return c-'A' < 26 }

// isVersion reports whether s is major.minor with our major.
func isVersion(s string) bool {
	minor, ok := strings.CutPrefix(s, "1.")
	if !ok || minor == "" || len(minor) > 1 && minor[0] == '0' {
		return false
	}
	return strings.Trim(minor, "0123456789") == ""
}

// holds reports whether s is UTF-8 without control characters, if c is an id,
// or without NUL, which PostgreSQL cannot store.
func (c class) holds(s string) bool {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for i := plainEnd(b, 0); i < len(b); i++ {
		if s[i] == 0 || c == classID && (s[i] < 0x20 || s[i] == 0x7f) {
			return false
		}
	}
	return utf8.ValidString(s)
}

// bad says what is wrong with s as a value of f, whose path starts with prefix.
func (f *field) bad(prefix, s string) *Invalid {
	detail := ""
	switch {
	case s == "":
		detail = "missing"
	case f.class == classEnum:
		detail = "found " + quote(s) + ", want one of " + f.values()
	case f.class == classCountry:
		detail = "found " + quote(s) + ", want two letters A-Z (ISO 3166-1 alpha-2)"
	case f.class == classCurrency:
		detail = "found " + quote(s) + ", want three letters A-Z (ISO 4217)"
	case len(s) > f.max:
		detail = fmt.Sprintf("found %d bytes, want at most %d", len(s), f.max)
	case f.class == classVersion:
		detail = "found " + quote(s) + ", want 1.x"
	case f.class == classID:
		detail = "found " + quote(s) + ", want UTF-8 without control characters"
	default:
		detail = "found " + quote(s) + ", want UTF-8 without NUL"
	}
	return &Invalid{BadSchema, prefix + f.name, detail}
}

func (e *Event) checkCart() *Invalid {
	low := int64(0)
	if e.Action == ActionUpdate {
		low = -MaxQuantity
	}
	if e.Quantity < low || e.Quantity > MaxQuantity {
		return outOfRange("quantity", e.Quantity, low, MaxQuantity)
	}
	return nil
}

func (e *Event) checkCustomer(plain bool) *Invalid {
	if e.RegisteredAt < minWritable || e.RegisteredAt > maxWritable {
		return &Invalid{BadSchema, "registered_at", "found " + e.RegisteredAt.String() + ", want a year of 0000 to 9999"}
	}
	if n := len(e.Preferences); n > MaxPreferences {
		return &Invalid{BadSchema, "preferences", fmt.Sprintf("found %d, want at most %d", n, MaxPreferences)}
	}
	for i, s := range e.Preferences {
		if len(s) > MaxTextLength || !plain && !classText.holds(s) {
			f := field{name: "preferences[" + strconv.Itoa(i) + "]", max: MaxTextLength}
			return f.bad("", s)
		}
	}
	return nil
}

// checkKeys checks that the ids are there.
func (e *Event) checkKeys(ti typeIndex) *Invalid {
	base := unsafe.Pointer(e)
	for i := range eventFields.keys[ti] {
		t := &eventFields.keys[ti][i]
		if *at[string](base, uintptr(t.offset)) == "" {
			return missingKey(t.field.name)
		}
	}
	switch {
	case ti == indexTransaction && e.Status == StatusRefunded && e.RefundID == "":
		return missingKey("refund_id")
	case ti == indexCartEvent && e.ProductID == "" && e.Action != ActionClear && e.Action != ActionCheckout:
		return missingKey("product_id")
	case ti == indexTransaction:
		for i := range e.Items {
			if e.Items[i].ProductID == "" {
				return missingKey(itemPath(i, "product_id"))
			}
		}
	}
	return nil
}

func missingKey(name string) *Invalid { return &Invalid{MissingKey, name, "missing"} }

// itemPath returns the path of a field of line i.
func itemPath(i int, name string) string {
	if name == "" {
		return fmt.Sprintf("items[%d]", i)
	}
	return fmt.Sprintf("items[%d].%s", i, name)
}

// badTimestamp says which of e's times is wrong.
func (e *Event) badTimestamp() *Invalid {
	switch {
	case e.Timestamp < FirstTimestamp:
		return &Invalid{BadTimestamp, "timestamp", "found " + e.Timestamp.String() + ", want 2000-01-01 or later"}
	case e.ReceivedAt < FirstTimestamp || e.ReceivedAt > maxWritable:
		return &Invalid{BadTimestamp, "received_at", "found " + e.ReceivedAt.String() + ", want a year of 2000 to 9999"}
	}
	return &Invalid{BadTimestamp, "timestamp", fmt.Sprintf("found %s (clock corrected by %d ms), want at most 5 min after its arrival at %s",
		e.Timestamp, e.ClockSkewMS, e.ReceivedAt)}
}
