// Package parquet keeps the warehouse in Parquet files of a directory.
//
//	CURRENT                                      names the newest manifest
//	runs/<run>.json                              the manifests
//	tables/<table>/<run>.parquet                 a table that is kept whole
//	tables/<table>/date=2026-01-05/<run>.parquet a partition
//	LOCK                                         held by the run that writes
//
// Files and manifests never change. A manifest is published by writing it, making it
// and all its files durable, and replacing CURRENT by rename; so CURRENT always names a
// manifest that is whole. Any number of processes read while one writes.
package parquet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/warehouse"
)

const (
	currentName = "CURRENT"
	lockName    = "LOCK"
	runsDir     = "runs"
	tablesDir   = "tables"
	tempSuffix  = ".tmp"
	dirMode     = 0o755
	fileMode    = 0o644
)

// Warehouse is a directory. The zero value is not usable. It is safe for concurrent
// use.
type Warehouse struct {
	Dir string
	Now func() time.Time // for the age of manifests

	// step is a test's: it is called between two steps of publishing.
	step func(name string)
}

var _ warehouse.Publisher = (*Warehouse)(nil)

// New returns the warehouse in dir, which need not exist.
func New(dir string, now func() time.Time) *Warehouse {
	return &Warehouse{Dir: dir, Now: now, step: func(string) {}}
}

var runName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Current returns the newest manifest, or warehouse.ErrNone.
func (w *Warehouse) Current() (*warehouse.Manifest, error) {
	// A manifest is removed no sooner than Grace after it was replaced, so one retry
	// is for a reader that slept that long between two lines.
	m, err := w.current()
	if errors.Is(err, fs.ErrNotExist) {
		m, err = w.current()
	}
	return m, err
}

func (w *Warehouse) current() (*warehouse.Manifest, error) {
	text, err := os.ReadFile(filepath.Join(w.Dir, currentName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, warehouse.ErrNone
	case err != nil:
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	return w.manifest(strings.TrimSpace(string(text)))
}

// manifest reads the manifest of a run.
func (w *Warehouse) manifest(run string) (*warehouse.Manifest, error) {
	if !runName.MatchString(run) {
		return nil, fmt.Errorf("warehouse: %s names no run: %q", filepath.Join(w.Dir, currentName), run)
	}
	path := w.manifestPath(run)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("warehouse: manifest: %w", err)
	}
	var m warehouse.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("warehouse: manifest %s: %w", path, err)
	}
	if m.Format != warehouse.FormatVersion || m.Run != run {
		return nil, fmt.Errorf("warehouse: manifest %s: it is of run %q in format %d, want run %q in format %d", path, m.Run, m.Format, run, warehouse.FormatVersion)
	}
	return &m, nil
}

func (w *Warehouse) manifestPath(run string) string {
	return filepath.Join(w.Dir, runsDir, run+".json")
}

// Path returns where a file of a manifest is.
func (w *Warehouse) Path(f warehouse.File) string {
	return filepath.Join(w.Dir, filepath.FromSlash(f.Path))
}

// Begin implements [warehouse.Publisher].
func (w *Warehouse) Begin(_ context.Context, run string) (warehouse.Publication, error) {
	if !runName.MatchString(run) {
		return nil, fmt.Errorf("warehouse: %q cannot be the name of a run", run)
	}
	for _, dir := range []string{runsDir, tablesDir} {
		if err := os.MkdirAll(filepath.Join(w.Dir, dir), dirMode); err != nil {
			return nil, fmt.Errorf("warehouse: %w", err)
		}
	}
	lock, err := w.lock(run)
	if err != nil {
		return nil, err
	}
	p, err := w.begin(run, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return p, nil
}

// lock takes the lock of the warehouse. The kernel drops it when its owner dies.
func (w *Warehouse) lock(run string) (*os.File, error) {
	path := filepath.Join(w.Dir, lockName)
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("warehouse: lock: %w", err)
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		owner, _ := io.ReadAll(io.LimitReader(lock, 200)) // says who, no more
		return nil, errors.Join(fmt.Errorf("%w (%s): run %s", warehouse.ErrBusy, path, strings.TrimSpace(string(owner))), lock.Close())
	}
	if err == nil {
		if err = lock.Truncate(0); err == nil {
			_, err = lock.WriteAt([]byte(run+"\n"), 0)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("warehouse: lock: %w", err), lock.Close())
	}
	return lock, nil
}

func (w *Warehouse) begin(run string, lock *os.File) (*publication, error) {
	base, err := w.Current()
	switch {
	case errors.Is(err, warehouse.ErrNone):
		base = &warehouse.Manifest{Tables: map[string]warehouse.Table{}}
	case err != nil:
		return nil, err
	}
	if err := w.retire(base); err != nil {
		return nil, err
	}
	if _, err := os.Stat(w.manifestPath(run)); err == nil {
		return nil, fmt.Errorf("warehouse: there has been a run %s", run)
	}
	p := &publication{w: w, run: run, lock: lock, base: base, written: map[string]string{}}
	p.files.SetLimit(syncers)
	return p, nil
}
