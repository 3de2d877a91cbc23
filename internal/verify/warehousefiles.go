package verify

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// checkWarehouseFiles is invariant 7 on the warehouse: every file that the manifest
// names is there, of the size and with the rows that it says.
func checkWarehouseFiles(ctx context.Context, e *evidence, r *Result) error {
	m := e.warehouse.manifest
	if m == nil {
		return nil
	}
	var mu sync.Mutex
	retired := false
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.workers())
	files := m.Needs()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			bytes, rows, err := measured(e.Warehouse.Path(files[path]))
			mu.Lock()
			defer mu.Unlock()
			f := files[path]
			r.Checked++
			switch {
			case e.isRetired(err):
				retired = true
			case errors.Is(err, fs.ErrNotExist):
				r.differ(path, "file", "there", "none")
			case err != nil && bytes != f.Bytes:
				r.differ(path, "bytes", f.Bytes, bytes)
			case err != nil:
				r.differ(path, "file", "readable", err.Error())
			case bytes != f.Bytes:
				r.differ(path, "bytes", f.Bytes, bytes)
			case rows != f.Rows:
				r.differ(path, "rows", f.Rows, rows)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if retired {
		r.note(retiredNote, m.Run)
	}
	return nil
}

// measured returns the size of a file and, from its footer, its rows.
func measured(path string) (bytes, rows int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	c, err := openColumns(path)
	if err != nil {
		return info.Size(), 0, err
	}
	defer c.close()
	return c.size, c.file.NumRows(), nil
}
