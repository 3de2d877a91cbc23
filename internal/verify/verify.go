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
//	7  the lake's files are contiguous, their footers add up, and they end with
//	   the log's records
//
// The cut is the store at its own committed offsets: one view of the store is
// opened first, and of the log only what lies below those offsets is read. So it
// may run at any time, also beside a platform that goes on.
//
// It changes nothing, and reads each topic-partition once, in order, several at
// a time. Memory: the rows of the live tables, the ledger, one entry per dead
// letter, the event ids of the horizon of the partitions being read, and about 100
// bytes for each event of the visitors that are recomputed, at most 6 million.
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
	Store Store
	Log   Log
	API   *API  // nil: not asked
	Lake  *Lake // nil: not looked at
	// Live says that the platform is running: the API, which may be ahead of the
	// cut, is compared only on windows that nothing can change any more.
	Live    bool
	Workers int              // topic-partitions read at a time; 0 = 2
	Now     func() time.Time // to tell how long things took
}

// Run checks every invariant. The error says why that could not be done; what
// was found to differ is in the report.
func Run(ctx context.Context, w World) (Report, error) {
	started := w.Now()
	e, err := gather(ctx, w)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = e.view.Close() }() // it was only read
	if err := e.recompute(ctx); err != nil {
		return Report{}, err
	}
	r := Report{ReadTook: w.Now().Sub(started)}
	for _, c := range []struct {
		id    int
		name  string
		check func(context.Context, *evidence, *Result) error
	}{
		{1, "live tables equal the log", checkTables},
		{1, "API answers equal the log", checkAPI},
		{2, "one disposition per record", checkDispositions},
		{3, "stock equals its movements", checkStock},
		{4, "sessions and carts hold every event once", checkShoppers},
		{5, "ledger contiguous, epochs increase", checkLedger},
		{6, "dead letters complete", checkDeadLetters},
		{7, "lake files contiguous, footers add up", checkLake},
	} {
		if c.id == 7 && w.Lake == nil {
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
	r.Cut = e.cut()
	r.Took = w.Now().Sub(started)
	r.conclude()
	return r, nil
}

// errDiffers is what Err wraps.
var errDiffers = errors.New("the numbers differ")
