package parquet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"globalmart/internal/duckdb"
	"globalmart/internal/warehouse"
)

// Reader answers the named questions from the files, by an in-memory DuckDB. It
// holds no lock and sees a run as soon as it is published. It is safe for concurrent
// use.
type Reader struct {
	w  *Warehouse
	db *duckdb.DB

	mu   sync.Mutex
	kept []*warehouse.Manifest // that were read, the newest last
	// indexes are those of files that pages are read of, the newest last.
	indexes []*index
}

const (
	// readerMemory is enough for the sorts of any answer, in bytes.
	readerMemory = 256 << 20
	// keptManifests are for those who read on in the run that they began with.
	keptManifests = 4
)

// NewReader returns a reader of w. The caller closes it.
func NewReader(ctx context.Context, w *Warehouse) (*Reader, error) {
	if err := os.MkdirAll(w.Dir, dirMode); err != nil { // DuckDB is told of it once
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	db, err := duckdb.Open(ctx, duckdb.Config{Memory: readerMemory, Dirs: []string{w.Dir}, KeepFooters: true})
	if err != nil {
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	return &Reader{w: w, db: db}, nil
}

// Close releases the database.
func (r *Reader) Close() error { return r.db.Close() }

// manifest returns that of run, or the newest one. The errors are
// [warehouse.ErrNone] before the first run and [warehouse.ErrGone] for one that is
// not kept.
func (r *Reader) manifest(run string) (*warehouse.Manifest, error) {
	named := run != ""
	if !named {
		var err error
		if run, err = r.w.newest(); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.kept {
		if m.Run == run {
			return m, nil
		}
	}
	m, err := r.w.manifest(run)
	if named && (errors.Is(err, fs.ErrNotExist) || !runName.MatchString(run)) {
		return nil, fmt.Errorf("warehouse: run %s: %w", run, warehouse.ErrGone)
	}
	if err != nil {
		return nil, err
	}
	r.kept = append(r.kept, m)
	if len(r.kept) > keptManifests {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	return m, nil
}

// State returns the newest run, or [warehouse.ErrNone].
func (r *Reader) State(context.Context) (warehouse.State, error) {
	m, err := r.manifest("")
	if err != nil {
		return warehouse.State{}, err
	}
	return stateOf(m), nil
}

func stateOf(m *warehouse.Manifest) warehouse.State {
	return warehouse.State{Run: m.Run, AsOf: m.AsOf, Created: m.Created, Seam: m.Seam(), Since: m.Since()}
}

// forget drops a manifest whose files could not be read.
func (r *Reader) forget(m *warehouse.Manifest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = slices.DeleteFunc(r.kept, func(k *warehouse.Manifest) bool { return k == m })
}

// question is a query over one table of a run.
type question struct {
	run   string
	table string
	// from and to bound the partitions that are read, yyyy-mm-dd, half open; "" is no
	// bound.
	from, to string
	query    string // with {{table}} for the rows
	args     []any
}

// ask runs q and scans each row with scan. The files of a retired run may be gone
// after its manifest was read: then the manifest is read anew, once, and the newest
// run answers; a run that was asked for by name is gone.
func ask[T any](ctx context.Context, r *Reader, q question, scan func(*sql.Rows, *T) error) (warehouse.Answer[T], error) {
	for attempt := 1; ; attempt++ {
		m, err := r.manifest(q.run)
		if err != nil {
			return warehouse.Answer[T]{}, err
		}
		rows, err := askOf(ctx, r, m, q, scan)
		if err == nil {
			return warehouse.Answer[T]{State: stateOf(m), Rows: rows}, nil
		}
		if attempt == 2 || ctx.Err() != nil || errors.Is(err, warehouse.ErrNone) {
			return warehouse.Answer[T]{}, fmt.Errorf("warehouse: %s of run %s: %w", q.table, m.Run, err)
		}
		r.forget(m)
	}
}

// askOf is ask in one run.
func askOf[T any](ctx context.Context, r *Reader, m *warehouse.Manifest, q question, scan func(*sql.Rows, *T) error) (found []T, err error) {
	table := m.Tables[q.table]
	if len(table.Files) == 0 {
		return nil, fmt.Errorf("%w: the job that makes it has not run", warehouse.ErrNone)
	}
	files := table.Between(q.from, q.to)
	if len(files) == 0 {
		return nil, nil
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = duckdb.Quote(r.w.Path(f))
	}
	query := strings.ReplaceAll(q.query, "{{table}}", "read_parquet(["+strings.Join(paths, ", ")+"], file_row_number = true)")
	rows, err := r.db.QueryContext(ctx, query, q.args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row T
		if err := scan(rows, &row); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// newest returns the run that CURRENT names, or [warehouse.ErrNone].
func (w *Warehouse) newest() (string, error) {
	text, err := os.ReadFile(filepath.Join(w.Dir, currentName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", warehouse.ErrNone
	}
	if err != nil {
		return "", fmt.Errorf("warehouse: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
