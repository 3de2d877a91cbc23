package spark

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// rowGroup is how many rows a row group has if the caller does not say: as DuckDB's.
const rowGroup = 122_880

// Write implements [batch.Engine]. Spark writes a folder of files beside the one that is
// asked for, whose names have the order of the rows; they become one.
func (e *Engine) Write(ctx context.Context, query, file string, group int) (rows int64, err error) {
	dir := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+"."+rand.Text()[:8])
	defer func() {
		err = errors.Join(err, os.RemoveAll(dir))
		if err != nil {
			rows, err = 0, fmt.Errorf("batch/spark: write %s: %w", file, errors.Join(err, removeIfThere(file)))
		}
	}()
	group = cmp.Or(group, rowGroup)
	cursor, err := e.session.run(ctx, fmt.Sprintf("insert overwrite directory %s using parquet options ("+
		"compression 'zstd', `parquet.compression.codec.zstd.level` '1', `parquet.block.row.count.limit` '%d', "+
		"`mapreduce.fileoutputcommitter.marksuccessfuljobs` 'false')\n%s", quote(scheme+dir), group, literal(query)))
	if err != nil {
		return 0, err
	}
	cursor.Close()
	parts, err := partFiles(dir)
	if err != nil {
		return 0, err
	}
	return join(ctx, parts, file, group)
}

// partFiles are the files that Spark wrote to a folder, in the order of their rows.
func partFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, errors.New("what Spark wrote is not seen here: it and this process must have the warehouse at the same path, on a shared file system")
	}
	var parts []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "part-") && strings.HasSuffix(e.Name(), ".parquet") {
			parts = append(parts, filepath.Join(dir, e.Name()))
		}
	}
	if err == nil && len(parts) == 0 {
		err = errors.New("no file of Parquet came from Spark")
	}
	return parts, err
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// join makes one file of the rows of parts.
func join(ctx context.Context, parts []string, file string, group int) (rows int64, err error) {
	if len(parts) != 1 {
		if err := concatenate(ctx, parts, file, group); err != nil {
			return 0, err
		}
	} else if err := os.Rename(parts[0], file); err != nil {
		return 0, err
	}
	return count(file)
}

// count reads the number of rows of a file.
func count(file string) (int64, error) {
	p, err := open(file)
	if err != nil {
		return 0, err
	}
	return p.NumRows(), p.Close()
}
