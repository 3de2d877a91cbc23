package parquet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/warehouse"
)

// syncers is how many files are made durable at the same time.
const syncers = 8

// publication implements [warehouse.Publication].
type publication struct {
	w       *Warehouse
	run     string
	lock    *os.File
	base    *warehouse.Manifest
	written map[string]string // paths of files that are no manifest's yet, by table and date
	files   errgroup.Group    // that are being made durable
	done    bool
}

// Base implements [warehouse.Publication].
func (p *publication) Base() *warehouse.Manifest { return p.base }

// Path implements [warehouse.Publication].
func (p *publication) Path(f warehouse.File) string { return p.w.Path(f) }

// Create implements [warehouse.Publication].
func (p *publication) Create(table, date string) (string, error) {
	file := p.w.Path(warehouse.File{Path: p.relative(table, date)})
	if err := os.MkdirAll(filepath.Dir(file), dirMode); err != nil {
		return "", fmt.Errorf("warehouse: %w", err)
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an attempt that failed
		return "", fmt.Errorf("warehouse: %w", err)
	}
	p.written[table+"/"+date] = file
	return file, nil
}

// relative is the path of what the run makes of a partition.
func (p *publication) relative(table, date string) string {
	if date == "" {
		return path.Join(tablesDir, table, p.run+".parquet")
	}
	return path.Join(tablesDir, table, "date="+date, p.run+".parquet")
}

// Add implements [warehouse.Publication].
func (p *publication) Add(table, date string, columns []warehouse.Column, old *warehouse.File) (warehouse.File, error) {
	file, there := p.written[table+"/"+date]
	if !there {
		return warehouse.File{}, fmt.Errorf("warehouse: table %s %s: nothing was written", table, date)
	}
	f := warehouse.File{Path: p.relative(table, date), Date: date}
	var err error
	if f.Rows, f.Bytes, err = check(file, columns); err != nil {
		return f, fmt.Errorf("warehouse: table %s %s: %w", table, date, err)
	}
	if old != nil && f.Bytes == old.Bytes {
		same, err := sameBytes(file, p.w.Path(*old))
		if err != nil {
			return f, fmt.Errorf("warehouse: table %s %s: %w", table, date, err)
		}
		if same {
			delete(p.written, table+"/"+date)
			return *old, os.Remove(file)
		}
	}
	p.files.Go(func() error { return syncFile(file) })
	return f, nil
}

// Publish implements [warehouse.Publication].
func (p *publication) Publish(_ context.Context, m warehouse.Manifest) error {
	if p.done {
		return errors.New("warehouse: the publication has ended")
	}
	if err := p.conflict(); err != nil { // first: the other run has swept what no manifest names
		return err
	}
	if err := errors.Join(p.files.Wait(), p.syncDirs()); err != nil {
		return err
	}
	if err := p.conflict(); err != nil {
		return err
	}
	m.Format, m.Run, m.Parent = warehouse.FormatVersion, p.run, p.base.Run
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("warehouse: manifest: %w", err)
	}
	p.w.step("files")
	if err := replace(p.w.manifestPath(p.run), text); err != nil {
		return err
	}
	p.w.step("manifest")
	if err := replace(filepath.Join(p.w.Dir, currentName), []byte(p.run+"\n")); err != nil {
		return errors.Join(err, os.Remove(p.w.manifestPath(p.run)))
	}
	p.w.step("current")
	p.done = true
	return nil
}

// conflict fails if the newest manifest is no longer the one that p began with. The
// lock rules that out where locks work; on some shared file systems they do not.
func (p *publication) conflict() error {
	now, err := p.w.Current()
	switch {
	case errors.Is(err, warehouse.ErrNone) && p.base.Run == "":
		return nil
	case err != nil:
		return err
	case now.Run != p.base.Run:
		return fmt.Errorf("%w: run %s began with %q, the newest is %s", warehouse.ErrConflict, p.run, p.base.Run, now.Run)
	}
	return nil
}

// syncDirs makes the names of the files durable.
func (p *publication) syncDirs() error {
	dirs := map[string]bool{}
	for _, file := range p.written {
		for dir := filepath.Dir(file); len(dir) >= len(filepath.Join(p.w.Dir, tablesDir)); dir = filepath.Dir(dir) {
			dirs[dir] = true
		}
	}
	var g errgroup.Group
	g.SetLimit(syncers)
	for dir := range dirs {
		g.Go(func() error { return syncDir(dir) })
	}
	return g.Wait()
}

// Close implements [warehouse.Publication].
func (p *publication) Close() error {
	if p.lock == nil {
		return nil
	}
	err := p.files.Wait()
	if !p.done {
		err = nil // what could not be made durable is removed
		for _, file := range p.written {
			if e := os.Remove(file); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}
	err = errors.Join(err, p.lock.Close())
	p.lock = nil
	return err
}
