package event

import (
	"fmt"
	"unsafe"
)

// Decoder reads events from their JSON form. It has learnt the order of fields
// from the records before, which changes its speed alone. The zero value is
// ready. It is not safe for concurrent use.
type Decoder struct {
	follow  [typeCount][65]successors // by type and field; the last is the start of the record
	inItems [65]successors
	clock   clock
	wide    bool // the record at hand has text that is not ASCII
}

// Decode reads record into e, which it clears first but for the capacity of
// Items and Preferences, sets e.ReceivedAt to received, the time that the log
// gives the record, and validates it as [Event.Validate] does. The error is nil
// or an *[Invalid]; then e holds what was read until then.
//
// An absent schema_version means "1.0", an absent base amount [NoAmount]; null
// means absent. Members that the event's type does not have are skipped.
//
// The strings of e share memory with record, which must not change while they
// are in use. A good event costs no allocation, unless it has escapes.
func (d *Decoder) Decode(record []byte, received Time, e *Event) error {
	if invalid := d.decode(record, received, e); invalid != nil {
		return invalid
	}
	return nil
}

// decode tries the fast scanner, which takes nearly every record that is good
// and no other, and leaves the rest, and every verdict, to the strict reader.
// A panic is a bug, but must not stop the stream at a record for good.
func (d *Decoder) decode(record []byte, received Time, e *Event) (invalid *Invalid) {
	defer func() {
		if p := recover(); p != nil {
			invalid = &Invalid{Reason: BadJSON, Detail: fmt.Sprintf("the decoder failed, please report it: %v", p)}
		}
	}()
	if len(record) > MaxRecordBytes {
		return &Invalid{Reason: Oversized, Detail: fmt.Sprintf("%d bytes, at most %d are allowed", len(record), MaxRecordBytes)}
	}
	if d.scan(record, e) {
		e.ReceivedAt = received
		return e.check(!d.wide)
	}
	if invalid := d.read(record, e); invalid != nil {
		return invalid
	}
	e.ReceivedAt = received
	return e.check(false)
}

// reset clears e but for the capacity of its slices.
func (e *Event) reset() {
	items, preferences := e.Items, e.Preferences
	*e = Event{}
	e.Items, e.Preferences = items[:0], preferences[:0]
}

// alias returns b as a string that shares its memory.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// at returns a pointer to the field of type T at offset in the struct at base.
func at[T any](base unsafe.Pointer, offset uintptr) *T { return (*T)(unsafe.Add(base, offset)) }
