package spark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// line is a row of what Spark wrote: a part's columns may be absent.
type line struct {
	N    int64   `parquet:"n"`
	Text *string `parquet:"text,optional"`
}

// lines makes n rows of some hundred bytes, so that a row group has several pages.
func lines(n int) []line {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]line, n)
	for i := range rows {
		rows[i].N = int64(i)
		if i%7 > 0 {
			text := fmt.Sprintf("%0*d", 100+r.IntN(300), r.Uint64())
			rows[i].Text = &text
		}
	}
	return rows
}

// write writes rows to the parts of a folder, of so many rows each, and returns them.
func write(t *testing.T, rows []line, sizes ...int) []string {
	t.Helper()
	dir := t.TempDir()
	for i, size := range sizes {
		name := filepath.Join(dir, fmt.Sprintf("part-%05d-x.c000.zstd.parquet", i))
		if err := parquet.WriteFile(name, rows[:size], parquet.MaxRowsPerRowGroup(700)); err != nil {
			t.Fatal(err)
		}
		rows = rows[size:]
	}
	if len(rows) > 0 {
		t.Fatalf("%d rows are in no part", len(rows))
	}
	if err := os.WriteFile(filepath.Join(dir, "_SUCCESS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	parts, err := partFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// TestPartsBecomeOneFile: wherever the parts end, the same rows in the same order come to
// the same bytes, in row groups of the size that was asked for.
func TestPartsBecomeOneFile(t *testing.T) {
	const all, group = 10_000, 3000
	rows := lines(all)
	var want []byte
	for _, sizes := range [][]int{{all}, {1, all - 1}, {all - 1, 1}, {3000, 3000, 3000, 1000}, {0, 17, 0, 2983, 4095, 2905}, slices.Repeat([]int{100}, 100)} {
		name := fmt.Sprint(sizes[:min(6, len(sizes))])
		file := filepath.Join(t.TempDir(), "file.parquet")
		if err := concatenate(t.Context(), write(t, rows, sizes...), file, group); err != nil {
			t.Fatalf("parts of %s: %v", name, err)
		}
		got, err := parquet.ReadFile[line](file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Fatalf("parts of %s: other rows (-want +got):\n%s", name, diff)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = text
			if diff := cmp.Diff([]int64{group, group, group, all % group}, groupsOf(t, file)); diff != "" {
				t.Errorf("row groups (-want +got):\n%s", diff)
			}
		} else if !bytes.Equal(want, text) {
			t.Errorf("parts of %s come to other bytes than one part", name)
		}
	}
}

// groupsOf are the rows of each row group of a file; each has several pages.
func groupsOf(t *testing.T, file string) []int64 {
	t.Helper()
	p, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var sizes []int64
	for _, g := range p.RowGroups() {
		sizes = append(sizes, g.NumRows())
		pages := g.ColumnChunks()[1].Pages()
		first, err := pages.ReadPage()
		if err != nil {
			t.Fatal(err)
		}
		if g.NumRows() == sizes[0] && first.NumRows() == g.NumRows() {
			t.Errorf("a row group of %d rows has one page: where pages end is not tested", g.NumRows())
		}
		parquet.Release(first)
		if err := pages.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return sizes
}

// TestOnePartIsTheFile: there is nothing to copy.
func TestOnePartIsTheFile(t *testing.T) {
	parts := write(t, lines(10), 10)
	want, err := os.ReadFile(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(filepath.Dir(parts[0]), "file.parquet")
	n, err := join(t.Context(), parts, file, 5)
	got, failed := os.ReadFile(file)
	if err != nil || failed != nil || n != 10 || !bytes.Equal(want, got) {
		t.Errorf("%d rows, %v, %v; want those of the part, unchanged", n, err, failed)
	}
}

func TestPartsThatCannotBeJoined(t *testing.T) {
	parts := write(t, lines(20), 10, 10)
	file := filepath.Join(t.TempDir(), "file.parquet")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := join(stopped, parts, file, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("after it was stopped: %v", err)
	}
	if err := os.WriteFile(parts[1], []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := join(t.Context(), parts, file, 5); err == nil || !strings.Contains(err.Error(), parts[1]) {
		t.Errorf("a damaged part: %v, want its name", err)
	}
}

func TestAFolderWithoutParts(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "nowhere")} {
		if _, err := partFiles(path); err == nil || !strings.Contains(err.Error(), "shared file system") {
			t.Errorf("%s: %v, want what may be the cause", path, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "_SUCCESS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if parts, err := partFiles(dir); err == nil {
		t.Errorf("no file of Parquet was taken for %v", parts)
	}
}
