package flat_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"globalmart/internal/lake/flat"
)

var schema = flat.Schema{
	{Name: "a", Type: flat.Int32, Required: true},
	{Name: "b", Type: flat.Int32},
	{Name: "c", Type: flat.Int64, Required: true},
	{Name: "d", Type: flat.Int64},
	{Name: "e", Type: flat.Bool, Required: true},
	{Name: "f", Type: flat.Bool},
	{Name: "g", Type: flat.Date},
	{Name: "h", Type: flat.Time},
	{Name: "i", Type: flat.Text},
	{Name: "j", Type: flat.Word},
	{Name: "k", Type: flat.Binary},
}

// drawValue sets column i of a row and returns what it must read as.
func drawValue(t *rapid.T, i int, c *flat.Column) string {
	f := schema[i]
	if !f.Required && rapid.IntRange(0, 2).Draw(t, "null") == 0 {
		c.Null()
		return "null"
	}
	switch f.Type {
	case flat.Int32, flat.Date:
		v := rapid.Int32().Draw(t, f.Name)
		c.Int32(v)
		return fmt.Sprint(v)
	case flat.Int64, flat.Time:
		v := rapid.Int64().Draw(t, f.Name)
		c.Int64(v)
		return fmt.Sprint(v)
	case flat.Bool:
		v := rapid.Bool().Draw(t, f.Name)
		c.Bool(v)
		return fmt.Sprint(v)
	case flat.Word:
		v := rapid.StringMatching(`[a-c]{0,2}`).Draw(t, f.Name)
		c.Word(v)
		if v == "" {
			return "null"
		}
		return v
	default:
		v := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, f.Name)
		c.Bytes(v)
		return string(v)
	}
}

// TestRowsComeBack writes rows, in row groups and repeated until pages turn, and
// reads them with another implementation.
func TestRowsComeBack(t *testing.T) {
	pack := flat.NewPacker()
	w := flat.NewWriter(schema, pack) // the same for every file: nothing of one may show in the next
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		var want [][]string
		for range rapid.IntRange(0, 4).Draw(t, "groups") {
			for range rapid.IntRange(0, 20).Draw(t, "rows") {
				var row []string
				for i := range schema {
					row = append(row, drawValue(t, i, &w.Columns()[i]))
				}
				w.EndRow()
				want = append(want, row)
			}
			must(t, w.EndGroup(&out))
		}
		must(t, w.Finish(&out, "key", "value"))
		must(t, flat.CheckSeal(bytes.NewReader(out.Bytes()), int64(out.Len())))
		if diff := cmp.Diff(want, readAll(t, out.Bytes())); diff != "" {
			t.Errorf("rows differ (-want +got):\n%s", diff)
		}
	})
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// readAll returns the values of a file, row by row.
func readAll(t fataler, b []byte) [][]string {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	must(t, err)
	if err := schema.Check(f.Metadata().Schema); err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for gi, g := range f.RowGroups() {
		from := len(all)
		for k := range f.Metadata().RowGroups[gi].Columns {
			must(t, flat.CheckPages(bytes.NewReader(b), &f.Metadata().RowGroups[gi].Columns[k].MetaData))
		}
		rows := g.Rows()
		buf := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buf)
			for _, row := range buf[:n] {
				var texts []string
				for _, v := range row {
					if v.IsNull() {
						texts = append(texts, "null")
						continue
					}
					texts = append(texts, v.String())
				}
				all = append(all, texts)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
		}
		must(t, rows.Close())
		if int64(len(all)-from) != g.NumRows() {
			t.Fatal("a row group has fewer rows than it says")
		}
	}
	return all
}

// TestPagesTurn writes more than a page holds of every type, and more words than a
// dictionary holds.
func TestPagesTurn(t *testing.T) {
	const rows = 90_000
	w := flat.NewWriter(schema, flat.NewPacker())
	var want [][]string
	var out bytes.Buffer
	for n := range rows {
		var row []string
		for i, f := range schema {
			c := &w.Columns()[i]
			switch {
			case !f.Required && n%(i+3) == 0:
				c.Null()
				row = append(row, "null")
				continue
			case f.Type == flat.Int32 || f.Type == flat.Date:
				c.Int32(int32(n * n))
				row = append(row, fmt.Sprint(int32(n*n)))
			case f.Type == flat.Int64 || f.Type == flat.Time:
				c.Int64(int64(n) << 20)
				row = append(row, fmt.Sprint(int64(n)<<20))
			case f.Type == flat.Bool:
				c.Bool(n%3 == 0)
				row = append(row, fmt.Sprint(n%3 == 0))
			case f.Type == flat.Word:
				text := fmt.Sprint("w", n%(1+n/30))
				c.Word(text)
				row = append(row, text)
			default:
				text := fmt.Sprint("text", n)
				c.Text(text)
				row = append(row, text)
			}
		}
		w.EndRow()
		want = append(want, row)
		if n == rows/2 {
			must(t, w.EndGroup(&out))
		}
	}
	must(t, w.Finish(&out, "key", "value"))
	if diff := cmp.Diff(want, readAll(t, out.Bytes())); diff != "" {
		t.Errorf("rows differ (-want +got):\n%.2000s", diff)
	}
}

func TestEqualRowsGiveEqualBytes(t *testing.T) {
	write := func(w *flat.Writer) []byte {
		var out bytes.Buffer
		for n := range 3000 {
			for i, f := range schema {
				switch c := &w.Columns()[i]; {
				case f.Type == flat.Int32:
					c.Int32(int32(n))
				case f.Required && f.Type == flat.Int64:
					c.Int64(int64(n))
				case f.Required:
					c.Bool(n%2 == 0)
				case f.Type == flat.Word:
					c.Word(fmt.Sprint(n % 50))
				default:
					c.Null()
				}
			}
			w.EndRow()
		}
		must(t, w.Finish(&out, "key", "value"))
		return out.Bytes()
	}
	w := flat.NewWriter(schema, flat.NewPacker())
	first := write(w)
	if !bytes.Equal(first, write(w)) || !bytes.Equal(first, write(flat.NewWriter(schema, flat.NewPacker()))) {
		t.Error("the same rows gave other bytes")
	}
}

// full is an output that takes a number of bytes.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.left {
		return f.left, errFull
	}
	f.left -= len(b)
	return len(b), nil
}

func TestFailedWritesLoseTheFileAndNothingElse(t *testing.T) {
	w := flat.NewWriter(flat.Schema{{Name: "a", Type: flat.Int64, Required: true}}, flat.NewPacker())
	for left := range 60 {
		w.Columns()[0].Int64(1)
		w.EndRow()
		if err := w.Finish(&full{left}, "key", "value"); !errors.Is(err, errFull) {
			t.Fatalf("with room for %d bytes: %v", left, err)
		}
		if err := w.Finish(io.Discard, "key", "value"); !errors.Is(err, errFull) {
			t.Fatalf("a lost file was finished: %v", err)
		}
		w.Reset()
	}
	w.Columns()[0].Int64(1)
	w.EndRow()
	must(t, w.Finish(io.Discard, "key", "value"))
}

func TestSchemasAreCompared(t *testing.T) {
	var out bytes.Buffer
	must(t, flat.NewWriter(schema, flat.NewPacker()).Finish(&out, "key", "value"))
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	must(t, err)
	for name, change := range map[string]func(flat.Schema) flat.Schema{
		"fewer":    func(s flat.Schema) flat.Schema { return s[1:] },
		"renamed":  func(s flat.Schema) flat.Schema { s[3].Name = "x"; return s },
		"retyped":  func(s flat.Schema) flat.Schema { s[7].Type = flat.Int64; return s },
		"required": func(s flat.Schema) flat.Schema { s[3].Required = true; return s },
		"binary":   func(s flat.Schema) flat.Schema { s[8].Type = flat.Binary; return s },
	} {
		if err := change(append(flat.Schema{}, schema...)).Check(f.Metadata().Schema); err == nil {
			t.Errorf("%s: the schema was taken for the same", name)
		}
	}
	must(t, schema.Check(f.Metadata().Schema))
}
