package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"globalmart/internal/warehouse"
)

// retire removes the manifests that were replaced more than warehouse.Grace ago, and
// then every file of tables that none of the others names: their readers have had
// that long to go on to the newest. It also removes what a run that was killed has left:
// it is called under the lock before anything is made.
func (w *Warehouse) retire(current *warehouse.Manifest) error {
	kept, gone, err := w.aged(current)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, m := range kept {
		for path := range m.Needs() {
			named[path] = true
		}
	}
	for _, run := range gone {
		if err := os.Remove(w.manifestPath(run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("warehouse: retire: %w", err)
		}
	}
	return w.sweep(named)
}

// aged tells the manifests that are kept from those that are too old. A manifest is as
// old as its successor: it was the newest until then.
func (w *Warehouse) aged(current *warehouse.Manifest) (kept []*warehouse.Manifest, gone []string, err error) {
	entries, err := os.ReadDir(filepath.Join(w.Dir, runsDir))
	if err != nil {
		return nil, nil, fmt.Errorf("warehouse: retire: %w", err)
	}
	replaced := map[string]time.Time{}
	all := map[string]*warehouse.Manifest{current.Run: current}
	for _, e := range entries {
		run, isManifest := strings.CutSuffix(e.Name(), ".json")
		if !isManifest || strings.HasPrefix(run, ".") || run == current.Run {
			continue
		}
		text, err := os.ReadFile(w.manifestPath(run))
		if err != nil {
			return nil, nil, fmt.Errorf("warehouse: retire: %w", err)
		}
		m := &warehouse.Manifest{}
		if err := json.Unmarshal(text, m); err != nil {
			return nil, nil, fmt.Errorf("warehouse: retire: manifest %s: %w", run, err)
		}
		all[run] = m
	}
	for _, m := range all {
		if m.Parent != "" {
			replaced[m.Parent] = m.Created
		}
	}
	limit := w.Now().Add(-warehouse.Grace)
	for _, run := range slices.Sorted(maps.Keys(all)) {
		at, wasReplaced := replaced[run]
		if run == current.Run || wasReplaced && at.After(limit) {
			kept = append(kept, all[run])
			continue
		}
		gone = append(gone, run)
	}
	return kept, gone, nil
}

// sweep removes the files of tables that are not named, and folders without files.
func (w *Warehouse) sweep(named map[string]bool) error {
	root := filepath.Join(w.Dir, tablesDir)
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			dirs = append(dirs, path)
			return nil
		}
		rel, err := filepath.Rel(w.Dir, path)
		if err != nil || named[filepath.ToSlash(rel)] {
			return err
		}
		return os.Remove(path)
	})
	if err != nil {
		return fmt.Errorf("warehouse: retire: %w", err)
	}
	for _, dir := range slices.Backward(dirs[1:]) {
		_ = os.Remove(dir) // fails where something is left
	}
	return nil
}
