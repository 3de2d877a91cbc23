package lake

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"globalmart/internal/event"
)

// formatVersion is the version of the files that this build writes and reads.
const formatVersion = 1

// footerKey is the key of the metadata of a file under which its Footer is.
const footerKey = "globalmart"

// Footer is what a file says of itself: which records it holds and what they
// come to. The footers of a partition's files add up to the partition's figures.
//
// Sums wrap around where they exceed an int64, in the footer as in any
// recomputation.
type Footer struct {
	Format    int    `json:"format"`
	Source    string `json:"source"` // raw, history, import/NAME
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Zone      string `json:"zone"` // IANA name of the zone of event_date

	First   int64 `json:"first"`   // offset
	Last    int64 `json:"last"`    // offset, inclusive
	Records int64 `json:"records"` // at most Last - First + 1
	Skipped int64 `json:"skipped"` // offsets without a record of ours: markers of transactions
	Rows    int64 `json:"rows"`    // a record has one, an order one for each line

	From event.Time `json:"from"` // lowest record time, Unix milliseconds
	To   event.Time `json:"to"`   // highest record time

	Events  map[event.Type]int64   `json:"events"`  // valid ones by type
	Invalid map[event.Reason]int64 `json:"invalid"` // the others by reason

	Completed Sums  `json:"completed"` // of completed orders
	Refunded  Sums  `json:"refunded"`  // of refunds, not negative
	Delta     int64 `json:"delta"`     // units that inventory updates moved

	LastHash string `json:"last_hash"` // of the last record's value: 8 bytes of its SHA-256, hex

	run     int64 // events of runType that are not in Events yet: a file has one type
	runType event.Type
}

// Sums are what orders come to.
type Sums struct {
	Events         int64 `json:"events"`
	Units          int64 `json:"units"`
	BaseLinesMinor int64 `json:"base_lines_minor"` // sum of the lines' base_amount_minor
	BaseTotalMinor int64 `json:"base_total_minor"`
}

func (s *Sums) add(o Sums) {
	s.Events += o.Events
	s.Units += o.Units
	s.BaseLinesMinor += o.BaseLinesMinor
	s.BaseTotalMinor += o.BaseTotalMinor
}

// newFooter returns the footer of a file that begins with the record at offset
// first.
func newFooter(source, topic string, partition int32, zone string, first int64) Footer {
	return Footer{
		Format: formatVersion, Source: source, Topic: topic, Partition: partition, Zone: zone, First: first, Last: first - 1,
		Events: map[event.Type]int64{}, Invalid: map[event.Reason]int64{},
	}
}

// count counts r, which holds e.
func (f *Footer) count(r *record, e *event.Event) {
	f.pass(r)
	if e.Type != f.runType {
		f.settle()
		f.runType = event.Type(strings.Clone(string(e.Type)))
	}
	f.run++
	switch e.Type {
	case event.TypeTransaction:
		f.Rows += int64(max(1, len(e.Items)))
		switch e.Status {
		case event.StatusCompleted:
			f.Completed.order(e)
		case event.StatusRefunded:
			f.Refunded.order(e)
		default:
		}
		return
	case event.TypeInventoryUpdate:
		f.Delta += e.Delta
	default:
	}
	f.Rows++
}

// countInvalid counts r, which is no event.
func (f *Footer) countInvalid(r *record, reason event.Reason) {
	f.pass(r)
	f.Invalid[reason]++
	f.Rows++
}

func (f *Footer) pass(r *record) {
	if f.Records == 0 {
		f.From, f.To = r.time, r.time
	}
	f.Records++
	f.Last = r.offset
	f.From, f.To = min(f.From, r.time), max(f.To, r.time)
}

// skip passes an offset without a record.
func (f *Footer) skip(offset int64) {
	f.Skipped++
	f.Last = offset
}

func (s *Sums) order(e *event.Event) {
	s.Events++
	s.BaseTotalMinor += int64(e.BaseTotalMinor)
	for i := range e.Items {
		s.Units += e.Items[i].Quantity
		s.BaseLinesMinor += int64(e.Items[i].BaseAmountMinor)
	}
}

// Add adds what the next file of the same partition holds.
func (f *Footer) Add(next *Footer) {
	f.Last = next.Last
	f.Records += next.Records
	f.Skipped += next.Skipped
	f.Rows += next.Rows
	f.From, f.To = min(f.From, next.From), max(f.To, next.To)
	for t, n := range next.Events {
		f.Events[t] += n
	}
	for r, n := range next.Invalid {
		f.Invalid[r] += n
	}
	f.Completed.add(next.Completed)
	f.Refunded.add(next.Refunded)
	f.Delta += next.Delta
	f.LastHash = next.LastHash
}

// settle brings Events up to date.
func (f *Footer) settle() {
	if f.run > 0 {
		f.Events[f.runType] += f.run
		f.run = 0
	}
}

// text is f as the file holds it.
func (f *Footer) text() string {
	f.settle()
	b, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("lake: footer: %v", err)) // it has no value without a form
	}
	return string(b)
}

// errFooter is what reading a footer fails with.
var errFooter = errors.New("the footer is not one of the lake's")

// parseFooter reads the text of a footer, strictly.
func parseFooter(text string) (Footer, error) {
	var f Footer
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, fmt.Errorf("%w: %w", errFooter, err)
	}
	if f.Format != formatVersion {
		return f, fmt.Errorf("%w: format %d, this build reads %d", errFooter, f.Format, formatVersion)
	}
	if f.Events == nil {
		f.Events = map[event.Type]int64{}
	}
	if f.Invalid == nil {
		f.Invalid = map[event.Reason]int64{}
	}
	return f, f.check()
}

// check reports what f contradicts itself in.
func (f *Footer) check() error {
	var counted int64
	for _, n := range f.Events {
		counted += n
	}
	for _, n := range f.Invalid {
		counted += n
	}
	switch span := f.Last - f.First + 1; {
	case f.First < 0 || f.Last < f.First:
		return fmt.Errorf("%w: offsets %d to %d", errFooter, f.First, f.Last)
	case f.Records+f.Skipped != span:
		return fmt.Errorf("%w: %d records and %d offsets without one for the %d offsets from %d to %d",
			errFooter, f.Records, f.Skipped, span, f.First, f.Last)
	case counted != f.Records:
		return fmt.Errorf("%w: %d records by type and reason, %d in all", errFooter, counted, f.Records)
	case f.Rows < f.Records:
		return fmt.Errorf("%w: %d rows of %d records", errFooter, f.Rows, f.Records)
	}
	return nil
}

// equal reports whether two footers say the same.
func (f *Footer) equal(o *Footer) bool { return f.text() == o.text() }

// differ returns the first field in which two footers differ, as "records: want
// 3, got 4".
func (f *Footer) differ(got *Footer) string {
	var a, b map[string]json.RawMessage
	if json.Unmarshal([]byte(f.text()), &a) != nil || json.Unmarshal([]byte(got.text()), &b) != nil {
		return "unreadable"
	}
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if !bytes.Equal(a[k], b[k]) {
			return fmt.Sprintf("%s: want %s, got %s", k, a[k], b[k])
		}
	}
	return ""
}

// valueHash is the hash of a record's value that footers and positions of the
// stream remember.
func valueHash(value []byte) string {
	sum := sha256.Sum256(value)
	return fmt.Sprintf("%016x", binary.BigEndian.Uint64(sum[:8]))
}
