package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// scanner reads the log of a rig.
type scanner struct{ *rig }

func (s scanner) Scan(ctx context.Context, from, to map[string]map[int32]int64, fn func(*kgo.Record) error) error {
	return kafka.Scan(ctx, s.kafka, from, to, fn)
}

// second is r with another, empty store.
func (r *rig) second() *rig {
	r.Helper()
	other := *r
	other.tables = r.tables.another(r)
	return &other
}

// uncompared are columns that say when and by whom, and tables of a worker's own.
var (
	uncomparedColumns = []string{"owner", "claimed_at", "epoch", "committed_at", "minute", "sent", "clock"}
	uncomparedTables  = []string{"ledger", "snapshot", "snapshot_state", "snapshot_segment", "goose_db_version", "sqlite_sequence"}
)

// sameTables compares two stores, and says which rows differ.
func sameTables(want, got map[string][]string) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func TestARebuildGivesTheTablesThatWorkersDid(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, live *rig) {
		live.sendShop(3, 0, 12_000)
		worker := start(t, live.config(live.open()))
		live.drain(live.open())

		rebuilt := live.second()
		s := rebuilt.open()
		var told atomic.Int64
		ends := live.ends()
		live.must(Rebuild(t.Context(), rebuilt.config(s), scanner{live}, ends, func(n int64) { told.Add(n) }))
		records := int64(0)
		for _, partitions := range ends {
			for _, end := range partitions {
				records += end
			}
		}
		if told.Load() != records {
			t.Errorf("told of %d records of %d", told.Load(), records)
		}
		want := live.expect()
		if diff := cmp.Diff(want, rebuilt.found(s, want), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the rebuilt tables and the log (-log +tables):\n%s", diff)
		}
		diff := ""
		eventually(t, "the worker has told its folds the time, and both stores have the same rows", func() bool {
			diff = sameTables(live.tables.dump(live), rebuilt.tables.dump(rebuilt))
			return diff == "" || worker.ticked()
		})
		worker.stop()
		if diff := sameTables(live.tables.dump(live), rebuilt.tables.dump(rebuilt)); diff != "" {
			t.Errorf("live and rebuilt tables differ (-live +rebuilt):\n%s", diff)
		}

		// A worker goes on with it as with its own: it replays nothing.
		fold := &counter{}
		cfg := rebuilt.config(s)
		newFold := cfg.NewFold
		cfg.NewFold = func(id store.TaskID) Fold[*store.Changes] { return counting{newFold(id), fold} }
		live.sendShop(3, 12_000, 14_000)
		next := start(t, cfg)
		rebuilt.drain(s)
		next.stop()
		want = live.expect()
		if diff := cmp.Diff(want, rebuilt.found(s, want), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("after going on (-log +tables):\n%s", diff)
		}
		if fold.value() > 2_100 {
			t.Errorf("%d events were folded of 2,000 new ones", fold.value())
		}
	})
}

// ticked reports whether the clock of every task is at the newest record.
func (r *running[C]) ticked() bool {
	for _, t := range r.activeTasks() {
		t.mu.Lock()
		newest := t.ticked
		for _, in := range t.inputs {
			newest = max(newest, in.newest)
		}
		done := newest-t.ticked < 1000 && t.pending == 0 && t.out.Len() == 0
		t.mu.Unlock()
		if !done {
			return false
		}
	}
	return true
}

func TestARebuildNeedsAnEmptyLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sendShop(1, 0, 300)
	s := r.open()
	r.must(Rebuild(t.Context(), r.config(s), scanner{r}, r.ends(), nil))
	if err := Rebuild(t.Context(), r.config(s), scanner{r}, r.ends(), nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a second rebuild: %v, want %v", err, ErrNotEmpty)
	}
}

// failing is a log that fails after some records.
type failing struct {
	scanner
	after atomic.Int64
}

var errLog = errors.New("the log failed")

func (f *failing) Scan(ctx context.Context, from, to map[string]map[int32]int64, fn func(*kgo.Record) error) error {
	return f.scanner.Scan(ctx, from, to, func(r *kgo.Record) error {
		if f.after.Add(-1) < 0 {
			return errLog
		}
		return fn(r)
	})
}

func TestARebuildFailsWithItsLog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sendShop(1, 0, 2_000)
	log := &failing{scanner: scanner{r}}
	log.after.Store(1_000)
	if err := Rebuild(t.Context(), r.config(r.open()), log, r.ends(), nil); !errors.Is(err, errLog) {
		t.Errorf("got %v, want %v", err, errLog)
	}
}
