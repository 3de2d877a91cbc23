package shop

import "globalmart/internal/event"

// Emission is one record to send. What it points to is valid until the next
// one is asked for; strings stay valid, but share memory with their
// neighbours: clone what is kept for long.
type Emission struct {
	At    event.Time // when to send it: the record's timestamp, received_at; never falls
	Topic string
	Key   string       // the partition key: visitor, product or customer
	Event *event.Event // what happened; nil if Raw is set
	Raw   []byte       // bytes to send instead of an event: a corrupt record
	Truth *Truth       // what is wrong with it; nil if nothing
}

// Kind is the kind of a fault.
type Kind string

// The kinds of faults.
const (
	HighValue       Kind = "high_value"       // an order worth far more than its category's
	UnusualQuantity Kind = "unusual_quantity" // an order of far more units; its value is unusual too
	Velocity        Kind = "velocity"         // one of many orders of one visitor within a minute
	OutOfOrder      Kind = "out_of_order"     // arrives seconds after events that followed it
	Late            Kind = "late"             // arrives up to 2 h after it happened
	TooOld          Kind = "too_old"          // arrives more than 2 h after it happened
	Duplicate       Kind = "duplicate"        // an event that was sent before
	Corrupt         Kind = "corrupt"          // a record that no reader may take
)

// Truth is what the generator knows of a fault: a line of the truth file, which
// the caller keeps apart from the events.
type Truth struct {
	Kind          Kind         `json:"kind"`
	EventID       string       `json:"event_id,omitempty"` // empty where the corrupt record has none
	ReceivedAt    event.Time   `json:"received_at"`
	Topic         string       `json:"topic"`
	Key           string       `json:"key"`
	TransactionID string       `json:"transaction_id,omitempty"`
	Sequence      int          `json:"sequence,omitempty"` // of the orders of a burst: 1, 2, ...
	LateMS        int64        `json:"late_ms,omitempty"`  // arrival - event time, milliseconds
	Reason        event.Reason `json:"reason,omitempty"`   // why a corrupt record is a dead letter
}
