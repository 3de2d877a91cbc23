// Package store holds the row types of the live tables and of the engine's own
// books. It has no behaviour beyond adding and merging rows: what is done with
// them is declared by those who need it (engine.Ledger, the readers of api and
// verify), and implemented by the adapters below this package, which all pass
// storetest.
package store

import (
	"fmt"

	"globalmart/internal/event"
)

// Family is a set of topics that one task reads together.
type Family string

// The families. Within one, every topic has the same number of partitions.
const (
	Shopping  Family = "shopping"  // transactions, product_views, cart_events
	Reference Family = "reference" // inventory_updates, products, customers
)

// Families lists every family.
var Families = []Family{Shopping, Reference}

// Topics returns the topics of f in their fixed order.
func (f Family) Topics() []string {
	switch f {
	case Shopping:
		return []string{event.TopicTransactions, event.TopicProductViews, event.TopicCartEvents}
	case Reference:
		return []string{event.TopicInventoryUpdates, event.TopicProducts, event.TopicCustomers}
	}
	return nil
}

// TaskID names a task: partition Partition of every topic of Family.
type TaskID struct {
	Family    Family
	Partition int32
}

// String returns "shopping/3".
func (t TaskID) String() string { return fmt.Sprintf("%s/%d", t.Family, t.Partition) }

// Position is how far one topic-partition has been applied.
type Position struct {
	Next     int64      // offset of the first record that is not applied
	LastHash uint64     // hash of the record before Next; 0 if Next was never moved
	LastTime event.Time // highest record time below Next; 0 if Next was never moved
}

// Claim is what taking over a task returns.
type Claim struct {
	Epoch     int64               // the new owner's; higher than every earlier one
	PrevEpoch int64               // the epoch before the claim, 0 for a new task
	Positions map[string]Position // committed, by topic; a topic never read is absent
}

// Counts are records by disposition: every record read gets exactly one.
type Counts struct {
	Applied   int64
	Duplicate int64
	Dead      int64
	TooOld    int64
}

// Total is the number of records counted.
func (c Counts) Total() int64 { return c.Applied + c.Duplicate + c.Dead + c.TooOld }

// Add adds o to c.
func (c *Counts) Add(o Counts) {
	c.Applied += o.Applied
	c.Duplicate += o.Duplicate
	c.Dead += o.Dead
	c.TooOld += o.TooOld
}

// Span is the part of one topic-partition that a commit covers.
type Span struct {
	Topic  string
	From   int64    // must equal the committed Position.Next; any for a topic never read
	To     Position // the position after the commit
	Counts Counts
}

// MaxLetterKey is how much of a record's key a dead letter keeps, in bytes: with
// its value it must fit into a record again.
const MaxLetterKey = 64 << 10

// DeadLetter is a record that could not be taken, and why.
type DeadLetter struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      event.Time // record time
	Reason    event.Reason
	Field     string // JSON name, may be empty
	Detail    string // for people
	Key       []byte // at most MaxLetterKey of it
	Value     []byte // the record as it was, at most event.MaxRecordBytes of it
}

// Commit is what one task has ready to be made durable. C is the type of the
// rows its fold produced.
type Commit[C any] struct {
	Task        TaskID
	Epoch       int64
	Spans       []Span // only topics that moved, in the family's order
	Changes     C
	DeadLetters []DeadLetter
}

// Snapshot is a task's folded state at an offset vector.
type Snapshot struct {
	Generation int64            // rises with every snapshot of a task
	Rules      int              // version of the rules it was folded under
	Offsets    map[string]int64 // next offset by topic; never above what is committed
	State      []byte           // opaque to the store
	Segments   []string         // names of the sealed segments that State needs (see PutSegment)
	Damaged    error            // why its row cannot be read, when reading; the fields between may be missing then
}

// LedgerRow is one audit row: what a task committed in one minute and epoch, or,
// once it is old, everything up to the end of that minute.
type LedgerRow struct {
	Task   TaskID
	Topic  string
	Epoch  int64
	Minute int64 // Unix minutes of the commit
	From   int64 // offset
	To     int64 // offset, exclusive
	Counts Counts
}
