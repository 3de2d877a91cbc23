package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
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
	other.path = filepath.Join(r.TempDir(), "rebuilt.db")
	_, err := sqlite.Migrate(r.Context(), other.path)
	r.must(err)
	return &other
}

// uncompared are columns that say when and by whom, and tables of a worker's own.
var (
	uncomparedColumns = []string{"owner", "claimed_at", "epoch", "committed_at", "minute", "sent", "clock"}
	uncomparedTables  = []string{"ledger", "snapshot", "snapshot_state", "snapshot_segment", "goose_db_version", "sqlite_sequence"}
)

// dump is every row of every table of the store, but for what is not compared.
func (r *rig) dump() map[string][]string {
	r.Helper()
	db, err := sql.Open("sqlite3", "file:"+r.path+"?mode=ro")
	r.must(err)
	defer db.Close()
	tables := map[string][]string{}
	for _, name := range r.column(db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		if slices.Contains(uncomparedTables, name) {
			continue
		}
		columns := slices.DeleteFunc(r.column(db, fmt.Sprintf("SELECT name FROM pragma_table_info('%s')", name)), func(c string) bool {
			return slices.Contains(uncomparedColumns, c)
		})
		group := ""
		if strings.HasPrefix(name, "sales_") { // a row for each part that wrote it
			columns = slices.DeleteFunc(columns, func(c string) bool { return c == "part" })
			keys := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return !slices.Contains([]string{"start", "country", "category"}, c) })
			for i, c := range columns[len(keys):] {
				columns[len(keys)+i] = "sum(" + c + ")"
			}
			group = " GROUP BY " + strings.Join(keys, ", ")
		}
		for i, c := range columns {
			columns[i] = "quote(" + c + ")"
		}
		tables[name] = r.column(db, fmt.Sprintf("SELECT %s AS line FROM %s%s ORDER BY line", strings.Join(columns, " || ' ' || "), name, group))
	}
	return tables
}

func (r *rig) column(db *sql.DB, query string) (values []string) {
	r.Helper()
	rows, err := db.QueryContext(r.Context(), query)
	r.must(err)
	defer rows.Close()
	for rows.Next() {
		var v string
		r.must(rows.Scan(&v))
		values = append(values, v)
	}
	r.must(rows.Err())
	return values
}

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
			diff = sameTables(live.dump(), rebuilt.dump())
			return diff == "" || worker.ticked()
		})
		worker.stop()
		if diff := sameTables(live.dump(), rebuilt.dump()); diff != "" {
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
