package event

import "fmt"

// Reason says why a record is a dead letter. The set is closed and used
// everywhere: API, metrics, dead letter topic, verify.
type Reason string

// The reasons.
const (
	BadJSON        Reason = "bad_json"        // not one JSON object, or too deep
	BadSchema      Reason = "schema"          // a field has the wrong type, length or value, or is missing
	MissingKey     Reason = "missing_key"     // an id is missing: event_id, visitor_id, transaction_id, ...
	BadAmount      Reason = "bad_amount"      // negative, too large, or the sums do not agree
	NoRate         Reason = "no_rate"         // no base amount: the ingest had no exchange rate
	BadTimestamp   Reason = "bad_timestamp"   // before 2000, or over 5 min after arrival
	Oversized      Reason = "oversized"       // over MaxRecordBytes or MaxItems
	UnknownVersion Reason = "unknown_version" // a major schema version that this build does not know
	UnknownOrder   Reason = "unknown_order"   // a refund that names no lines, of an order that was not known when it came
)

// Reasons lists every reason, in the order they are checked.
var Reasons = []Reason{Oversized, BadJSON, UnknownVersion, BadSchema, MissingKey, BadTimestamp, UnknownOrder, NoRate, BadAmount}

// Invalid is the error of a record that cannot be taken.
type Invalid struct {
	Reason Reason
	Field  string // JSON name, "items[3].quantity"; empty if it concerns the whole record
	Detail string // what was found and what was expected, for people
}

// Error returns "reason: field: detail".
func (e *Invalid) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s", e.Reason, e.Detail)
	}
	return fmt.Sprintf("%s: %s: %s", e.Reason, e.Field, e.Detail)
}
