package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"globalmart/internal/warehouse"
)

// check reads the footer of a file and checks that it has exactly the columns.
func check(path string, columns []warehouse.Column) (rows, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, 0, err
	}
	p, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	schema := p.Metadata().Schema[1:] // the first is the root
	for i := range max(len(schema), len(columns)) {
		var want, got string
		if i < len(columns) {
			want = columns[i].String()
		}
		if i < len(schema) {
			got = schema[i].Name + " " + typeOf(&schema[i])
		}
		if want != got {
			return 0, 0, fmt.Errorf("column %d of the result is %q, want %q", i+1, got, want)
		}
	}
	return p.NumRows(), info.Size(), nil
}

// typeOf is the type of a column of a file, as [warehouse.Column] has it; of a type
// that no column can have it is what the file says.
func typeOf(e *format.SchemaElement) string {
	if t, ok := e.LogicalType.Value.(*format.TimestampType); ok {
		if _, micros := t.Unit.Value.(*format.MicroSeconds); micros && !t.IsAdjustedToUTC {
			return "timestamp"
		}
		return e.LogicalType.String()
	}
	kind := physical{group: !e.Type.Valid}
	if e.Type.Valid {
		kind.is = e.Type.V
	}
	if e.ConvertedType.Valid { // engines say some types in this older way alone
		kind.converted = e.ConvertedType.V
	} else {
		kind.plain = true
	}
	if name, known := typeNames[kind]; known {
		return name
	}
	return fmt.Sprintf("%v %v", e.Type, e.ConvertedType)
}

// physical is what a file says of a type.
type physical struct {
	is        format.Type
	converted deprecated.ConvertedType
	plain     bool // it is not converted
	group     bool
}

// typeNames are the types that a column can have.
var typeNames = map[physical]string{
	{is: format.Int64, plain: true}:                    "bigint",
	{is: format.Int64, converted: deprecated.Int64}:    "bigint",
	{is: format.Int32, plain: true}:                    "int",
	{is: format.Int32, converted: deprecated.Int32}:    "int",
	{is: format.Int32, converted: deprecated.Date}:     "date",
	{is: format.Double, plain: true}:                   "double",
	{is: format.Boolean, plain: true}:                  "boolean",
	{is: format.ByteArray, converted: deprecated.UTF8}: "varchar",
}

// sameBytes reports whether two files are equal.
func sameBytes(a, b string) (bool, error) {
	fa, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer fa.Close()
	fb, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer fb.Close()
	bufA, bufB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(fa, bufA)
		m, errB := io.ReadFull(fb, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			end := func(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
			if !end(errA) {
				return false, errA
			}
			return end(errB), nil
		}
	}
}

// replace writes text to path in one step, durably.
func replace(path string, text []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"+tempSuffix)
	if err != nil {
		return fmt.Errorf("warehouse: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("warehouse: write %s: %w", path, err), os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(fileMode), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("warehouse: sync: %w", err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("warehouse: sync %s: %w", path, err)
	}
	return nil
}

func syncDir(path string) error { return syncFile(path) }
