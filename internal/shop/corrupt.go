package shop

import (
	"bytes"

	"globalmart/internal/event"
)

// defect is one way to make a record that no reader may take.
type defect struct {
	reason event.Reason
	damage func(*event.Event) // of what the record says
	mangle func([]byte) []byte
}

// defects are those of any event, then those of transactions alone.
var defects = [...]defect{
	{reason: event.BadJSON, mangle: func(b []byte) []byte { return b[:len(b)/2] }},
	{reason: event.BadSchema, mangle: retype},
	{reason: event.MissingKey, damage: func(e *event.Event) { e.ID = "" }},
	{reason: event.MissingKey, damage: func(e *event.Event) { e.VisitorID = "" }},
	{reason: event.BadTimestamp, damage: func(e *event.Event) { e.Timestamp, e.ClockSkewMS = e.ReceivedAt+2*event.MaxAhead, 0 }},
	{reason: event.BadTimestamp, damage: func(e *event.Event) { e.Timestamp, e.ClockSkewMS = 0, 0 }},
	{reason: event.UnknownVersion, damage: func(e *event.Event) { e.SchemaVersion = "2.0" }},

	{reason: event.MissingKey, damage: func(e *event.Event) { e.TransactionID = "" }},
	{reason: event.NoRate, damage: loseRate},
	{reason: event.BadAmount, damage: func(e *event.Event) { e.TotalMinor++ }},
	{reason: event.UnknownOrder, damage: func(e *event.Event) { e.Status, e.RefundID, e.Items = event.StatusRefunded, "r", nil }},
	{reason: event.BadAmount, damage: func(e *event.Event) { e.Items[0].AmountMinor = -e.Items[0].AmountMinor }},
}

const (
	commonDefects = 7 // of any event
	// oversized is the share of corrupt records that are too large: a small one,
	// for each is half a megabyte.
	oversized = 0.01
)

// corrupt replaces r.e by bytes with one defect.
func (r *run) corrupt(emission *Emission) {
	n := commonDefects
	if r.e.Type == event.TypeTransaction {
		n = len(defects)
	}
	d := &defects[r.rng.IntN(n)]
	if r.rng.Float64() < oversized {
		d = &defect{reason: event.Oversized, mangle: inflate}
	}
	if d.damage != nil {
		d.damage(&r.e)
	}
	r.raw = r.e.AppendJSON(r.raw[:0])
	emission.Event, emission.Raw = nil, r.raw
	if d.mangle != nil {
		emission.Raw = d.mangle(r.raw)
	}
	r.truth = Truth{Kind: Corrupt, Reason: d.reason}
	r.label = &r.truth
}

// loseRate takes away what the ingest adds where it has an exchange rate.
func loseRate(e *event.Event) {
	e.BaseTotalMinor = event.NoAmount
	for i := range e.Items {
		e.Items[i].BaseAmountMinor = event.NoAmount
	}
}

// retype makes the visitor's id a number.
func retype(b []byte) []byte {
	name := []byte(`"visitor_id":`)
	start := bytes.Index(b, name) + len(name)
	end := start + 1 + bytes.IndexByte(b[start+1:], '"') + 1
	return append(append(bytes.Clone(b[:start]), "17"...), b[end:]...)
}

// inflate fills b up with spaces to more than a record may have.
func inflate(b []byte) []byte {
	return append(bytes.Clone(b), bytes.Repeat([]byte{' '}, event.MaxRecordBytes+1-len(b))...)
}
