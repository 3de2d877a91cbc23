// Package verify proves the numbers: it recomputes from the log what the store
// must hold, with a reference model that knows nothing of the stream engine
// (package model), and compares. There is one function per invariant; the
// command and every fault test run the same ones. The numbers are those of the
// design:
//
//	1  the live tables equal the log below the cut, to the cent and the unit,
//	   and what the API answers equals the same recomputation
//	2  every record has exactly one disposition, and their counts add up
//	3  stock is the first count and all updates less what was sold, with what
//	   came back
//	4  every applied event is in one session, every action in one cart; a plain
//	   recomputation of every visitor and cart, or of a sample of them, agrees
//	5  the ledger is contiguous, offsets and epochs increase
//	6  every dead record is in the dead letters once, with its reason
//	7  the lake's files are whole and contiguous, and their footers add up
//
// The lake is checked source by source: what the log carried (raw), the history,
// each import. 1 there means that the sums are those of the records, and the records
// those of the log where it holds them too, 2 that each record is a valid event or
// a dead one. Where the log was
// trimmed, what it no longer holds is read from the lake. A lake without store and
// log is checked by itself.
//
// The warehouse is held against the lake as far as it has taken it in, 1 meaning that
// the facts of every day are what the records come to, each event counted once, and
// that the live tables come to the same with the records that count on one side only,
// 7 that its files are those of its manifest. What the live side has not come to yet, or
// the batch jobs, is no difference.
//
// The cut is the store at its own committed offsets: one view of the store is
// opened first, and of the log only what lies below those offsets is read. So it
// may run at any time, also beside a platform that goes on.
//
// It changes nothing, and reads each topic-partition once, in order, several at
// a time. Memory: the rows of the live tables, the ledger, one entry per dead
// letter, the event ids of the horizon of the partitions being read, and about 100
// bytes for each event of the visitors that are recomputed, at most 6 million; for the
// warehouse see recount.
package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Offsets are offsets by topic and partition.
type Offsets = map[string]map[int32]int64

// Log is what is needed of the log.
type Log interface {
	// Bounds returns the first offset and the end of every partition of topics.
	Bounds(ctx context.Context, topics ...string) (starts, ends Offsets, err error)
	// Scan calls fn with each record from its offset in from up to, and not
	// including, its offset in to, in order within a partition. It is used by
	// several goroutines at once. Memory of a record is fn's to keep.
	Scan(ctx context.Context, from, to Offsets, fn func(*kgo.Record) error) error
}

// Store is what is needed of the store.
type Store interface {
	// View opens a view of what is committed now.
	View(ctx context.Context) (store.View, error)
}

// World is what is compared.
type World struct {
	Rules rules.Rules // those that the stream runs under
	Store Store       // nil: not looked at, as the API then
	Log   Log         // nil if there is none; then there is no Store either
	API   *API        // nil: not asked
	Lake  *Lake       // nil: not looked at, as the Warehouse then
	// Warehouse is what the batch jobs have made of the lake; nil: not looked at.
	Warehouse Warehouse
	// Live says that the platform is running: the API, which may be ahead of the
	// cut, is compared only on windows that nothing can change any more.
	Live    bool
	Workers int              // topic-partitions read at a time; 0 = 2
	Now     func() time.Time // to tell how long things took
	// Progress is told how many records more were read. It is called by several
	// goroutines at once, and may be nil.
	Progress func(records int64)
}

// Run checks every invariant. The error says why that could not be done; what
// was found to differ is in the report.
func Run(ctx context.Context, w World) (Report, error) {
	started := w.Now()
	e, err := gather(ctx, w)
	if err != nil {
		return Report{}, err
	}
	defer e.close()
	if err := e.recompute(ctx); err != nil {
		return Report{}, err
	}
	r := Report{ReadTook: w.Now().Sub(started), Invariants: []Result{}}
	for _, c := range checks {
		if !e.has(c.of) {
			continue
		}
		at := w.Now()
		result := Result{ID: c.id, Name: c.name, OK: true, Differences: []Difference{}}
		if err := c.check(ctx, e, &result); err != nil {
			return Report{}, fmt.Errorf("verify: %s: %w", c.name, err)
		}
		result.Took = w.Now().Sub(at)
		r.Invariants = append(r.Invariants, result)
	}
	for _, s := range e.sources {
		s.shown.OK = s.shown.Differences == 0
		r.Sources = append(r.Sources, s.shown)
	}
	if e.warehouse != nil {
		r.Warehouse = e.warehouse.shown
	}
	r.Cut = e.cut()
	r.Took = w.Now().Sub(started)
	r.conclude()
	return r, nil
}

// subject is what must be there for a check.
type subject int

const (
	ofStore subject = iota // and the log
	ofLake
	ofWarehouse // or where it would be
	ofManifest  // of a warehouse that there is
	ofStoreAndManifest
)

func (e *evidence) has(s subject) bool {
	manifest := e.warehouse != nil && e.warehouse.manifest != nil
	return map[subject]bool{
		ofStore: e.Store != nil, ofLake: e.Lake != nil, ofWarehouse: e.warehouse != nil,
		ofManifest: manifest, ofStoreAndManifest: manifest && e.Store != nil,
	}[s]
}

// checks are all there is to check: the store and the log, the lake, the warehouse.
var checks = []struct {
	id    int
	name  string
	of    subject
	check func(context.Context, *evidence, *Result) error
}{
	{1, "live tables equal the log", ofStore, checkTables},
	{1, "API answers equal the log", ofStore, checkAPI},
	{1, "unusual orders are those of the log", ofStore, checkFindings},
	{2, "one disposition per record", ofStore, checkDispositions},
	{3, "stock equals its movements", ofStore, checkStock},
	{4, "sessions and carts hold every event once", ofStore, checkShoppers},
	{5, "ledger contiguous, epochs increase", ofStore, checkLedger},
	{6, "dead letters complete", ofStore, checkDeadLetters},
	{1, "lake sums equal the records, and the log", ofLake, checkLakeSums},
	{2, "one disposition per record of the lake", ofLake, checkLakeDispositions},
	{7, "lake files contiguous, footers add up", ofLake, checkLakeFiles},
	{1, "warehouse equals the lake", ofWarehouse, checkWarehouse},
	{1, "warehouse equals the live tables and what batch repaired", ofStoreAndManifest, checkWarehouseLive},
	{7, "warehouse files are those of its manifest", ofManifest, checkWarehouseFiles},
}

// errDiffers is what Err wraps.
var errDiffers = errors.New("the numbers differ")
