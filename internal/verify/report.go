package verify

import (
	"fmt"
	"strings"
	"time"

	"globalmart/internal/event"
)

// Report is what a run found.
type Report struct {
	OK         bool             `json:"ok"`
	Empty      bool             `json:"empty"` // nothing was there to be compared
	Cut        Cut              `json:"cut"`
	Invariants []Result         `json:"invariants"`
	Sources    []Source         `json:"sources,omitempty"`   // of the lake, if it was looked at
	Warehouse  *WarehouseReport `json:"warehouse,omitempty"` // if it was looked at and there is one
	ReadTook   time.Duration    `json:"read_took_ns"`        // to read and recompute the log
	Took       time.Duration    `json:"took_ns"`
}

// Cut is where store and log were compared.
type Cut struct {
	Records    int64         `json:"records"`         // read from the log, below the committed offsets
	Waiting    int64         `json:"waiting"`         // in the log above them
	RecordTime time.Time     `json:"record_time"`     // highest record time applied; zero if none was
	Since      *time.Time    `json:"since,omitempty"` // the log was trimmed: windows that start before it were not compared
	Positions  []CutPosition `json:"positions"`
}

// CutPosition is one topic-partition of the cut. Offsets are exclusive at their
// end.
type CutPosition struct {
	Topic     string       `json:"topic"`
	Partition int32        `json:"partition"`
	Next      int64        `json:"next"`      // committed
	ReadFrom  int64        `json:"read_from"` // what log and lake have of what was committed
	LogStart  int64        `json:"log_start"`
	LogEnd    int64        `json:"log_end"`
	Counts    Dispositions `json:"counts"` // recomputed, of what was read
}

// Dispositions are records by what became of them.
type Dispositions struct {
	Applied   int64 `json:"applied"`
	Duplicate int64 `json:"duplicate"`
	Dead      int64 `json:"dead"`
	TooOld    int64 `json:"too_old"`
}

// Source is what one source of the lake holds. Orders and revenue are those of its
// valid records, duplicates included; amounts are of the lines, in minor units of
// the reporting currency.
type Source struct {
	Name          string      `json:"name"` // raw, history or import/NAME
	OK            bool        `json:"ok"`
	Days          int         `json:"days"`                // that have files, in UTC
	FirstDay      string      `json:"first_day,omitempty"` // yyyy-mm-dd
	LastDay       string      `json:"last_day,omitempty"`
	Files         int64       `json:"files"`
	Bytes         int64       `json:"bytes"`
	Records       int64       `json:"records"`
	Valid         int64       `json:"valid"`
	Dead          int64       `json:"dead"`
	Lost          int64       `json:"lost"`   // accepted
	InLog         int64       `json:"in_log"` // records compared with the log
	Orders        int64       `json:"orders"` // completed
	Units         int64       `json:"units"`
	RevenueMinor  event.Minor `json:"revenue_minor"`
	Refunds       int64       `json:"refunds"`
	UnitsReturned int64       `json:"units_returned"`
	RefundedMinor event.Minor `json:"refunded_minor"`
	Decoded       int64       `json:"rows_decoded"` // 0 unless the check was deep
	Unfinished    int         `json:"unfinished"`   // files being written, or left by a writer that was killed
	Differences   int64       `json:"differences"`
}

// Result is what became of one invariant.
type Result struct {
	ID          int           `json:"id"`
	Name        string        `json:"name"`
	OK          bool          `json:"ok"`
	Checked     int64         `json:"checked"` // records, rows or answers compared
	Pending     int64         `json:"pending"` // dead letters on their way to their topic
	Took        time.Duration `json:"took_ns"`
	Found       int64         `json:"found"` // differences, of which the first are listed
	Differences []Difference  `json:"differences"`
	Notes       []string      `json:"notes,omitempty"` // what could not be compared, and why
}

// Difference is one value that is not what the log says.
type Difference struct {
	Key   string `json:"key"`   // which row, record or answer
	Field string `json:"field"` // which value of it
	Want  string `json:"want"`  // as the log says
	Got   string `json:"got"`
}

// String returns "key: field: want x, got y".
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: want %s, got %s", d.Key, d.Field, d.Want, d.Got)
}

// maxDifferences bounds what is listed of each invariant.
const maxDifferences = 20

// differ notes a difference.
func (r *Result) differ(key, field string, want, got any) {
	r.OK = false
	r.Found++
	if len(r.Differences) < maxDifferences {
		r.Differences = append(r.Differences, Difference{key, field, fmt.Sprint(want), fmt.Sprint(got)})
	}
}

func (r *Result) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// conclude sums up the invariants.
func (r *Report) conclude() {
	r.OK, r.Empty = true, r.Cut.Records == 0
	for i := range r.Invariants {
		r.OK = r.OK && r.Invariants[i].OK
		r.Empty = r.Empty && r.Invariants[i].Checked == 0
	}
}

// Err returns nil if every invariant holds, or an error that names those that do
// not, with the first difference of each.
func (r *Report) Err() error {
	if r.OK {
		return nil
	}
	var failed []string
	for i := range r.Invariants {
		if v := &r.Invariants[i]; !v.OK {
			failed = append(failed, fmt.Sprintf("invariant %d (%s), %d found, the first: %s", v.ID, v.Name, v.Found, v.Differences[0]))
		}
	}
	return fmt.Errorf("verify: %w: %s", errDiffers, strings.Join(failed, "; "))
}
