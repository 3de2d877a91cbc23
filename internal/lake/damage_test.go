package lake_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

// anyKind is a lake with one file of n records of every kind.
func anyKind(t testing.TB, n int) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	cfg := config(dir)
	cfg.HoldBytes = 2000 // several row groups
	w := open(t, cfg)
	for i := range n {
		e := order(i)
		e.UserID = strings.Repeat("u", i%3)
		e.Items = e.Items[:1+i%3]
		e.SubtotalMinor = 0
		for _, item := range e.Items {
			e.SubtotalMinor += item.AmountMinor
		}
		e.TotalMinor = e.SubtotalMinor + e.TaxMinor
		r := recordOf(e, 0, int64(i))
		if i%100 == 0 {
			r.Value = []byte("\xff")
		}
		add(t, w, r)
	}
	closeLake(t, w)
	return dir, only(t, dir)
}

func TestTornFilesAreRefused(t *testing.T) {
	dir, path := anyKind(t, 1200)
	whole := mustRead(t, path)
	for i := range 50 {
		size := i * len(whole) / 50
		mustWrite(t, path, whole[:size])
		if _, err := lake.Open(config(dir), start); !errors.Is(err, lake.ErrCorrupt) || !strings.Contains(err.Error(), path) {
			t.Errorf("cut to %d of %d bytes: got %v", size, len(whole), err)
		}
		if r := check(t, dir, lake.SourceRaw, false); r.Found != 1 {
			t.Errorf("cut to %d bytes: found %d problems", size, r.Found)
		}
	}
}

func TestDeepCheckFindsEveryFlippedByte(t *testing.T) {
	dir, path := anyKind(t, 1200)
	whole := mustRead(t, path)
	for i := 0; i < len(whole); i += max(1, len(whole)/300) {
		damaged := slices.Clone(whole)
		damaged[i] ^= 1 << (i % 8)
		mustWrite(t, path, damaged)
		for _, deep := range []bool{false, true} {
			if r := check(t, dir, lake.SourceRaw, deep); r.Found == 0 {
				t.Errorf("byte %d of %d flipped, deep %t: nothing was found", i, len(whole), deep)
			}
		}
	}
}

func FuzzFile(f *testing.F) {
	_, path := anyKind(f, 110)
	whole := mustRead(f, path)
	f.Add(uint32(0), []byte("PAR1"), uint32(len(whole)))
	f.Add(uint32(len(whole)-8), []byte{0xff, 0xff, 0xff, 0x7f}, uint32(len(whole)))
	f.Add(uint32(len(whole)-300), []byte(`"rows":0`), uint32(len(whole)))
	dir := f.TempDir()
	target := filepath.Join(dir, "raw", "transactions", "date=2026-03-02", "p0-0.parquet")
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, at uint32, patch []byte, size uint32) {
		b := slices.Clone(whole)
		if int(at) < len(b) {
			copy(b[at:], patch)
		}
		b = b[:min(int(size), len(b))]
		mustWrite(t, target, b)
		r := check(t, dir, lake.SourceRaw, true)
		if !bytes.Equal(b, whole) && r.Found == 0 {
			t.Errorf("%d bytes at %d: nothing was found", len(patch), at)
		}
	})
}

func FuzzName(f *testing.F) {
	for _, name := range []string{
		"p0-0.parquet", "p12-345.parquet", "p0-1-2.gap", "p0-2-1.gap", "date=2026-03-02", "date=2026-02-30", "p-1-0.parquet", "p+1-0.parquet",
		"p2147483648-0.parquet", "p0-9223372036854775808.parquet", "p00-1.parquet", "p0-01.parquet", "p0.parquet", ".p0-0.parquet.1.tmp",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if again, ok := lake.ParseName(name); ok && again != name {
			t.Errorf("%q is taken for %q", name, again)
		}
	})
}

func FuzzFooter(f *testing.F) {
	f.Add(`{"format":1,"source":"raw","topic":"transactions","partition":0,"zone":"UTC","first":0,"last":0,"records":1,"rows":1,"events":{"transaction":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		again, err := lake.ParseFooter(text)
		if err != nil {
			return
		}
		if twice, err := lake.ParseFooter(again); err != nil || twice != again {
			t.Errorf("%s becomes %s, then %s (%v)", text, again, twice, err)
		}
	})
}

func TestNamesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`p(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,17})\.parquet`).Draw(t, "name")
		if again, ok := lake.ParseName(name); !ok || again != name {
			t.Errorf("%q is taken for %q, %t", name, again, ok)
		}
	})
}

func TestColumnsMustBeWhatTheRecordsSay(t *testing.T) {
	for name, c := range map[string]struct {
		level  int
		change func(*event.Event)
		column string // that is found to differ; "" = nothing
	}{
		"compressed by another version": {9, func(*event.Event) {}, ""},
		"a word":                        {1, func(e *event.Event) { e.Country = "XX" }, "country"},
		"a text":                        {1, func(e *event.Event) { e.UserID = "other" }, "user_id"},
		"an amount":                     {1, func(e *event.Event) { e.TaxMinor++ }, "tax_minor"},
		"a line":                        {9, func(e *event.Event) { e.Items[1].DiscountMinor++ }, "line_discount_minor"},
		"a null":                        {1, func(e *event.Event) { e.PaymentMethod = "" }, "payment_method"},
		"a sum":                         {1, func(e *event.Event) { e.Items[1].Quantity++ }, "completed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := written(t, 500)
			before := mustRead(t, path)
			l, err := lake.List(dir, lake.SourceRaw)
			if err != nil {
				t.Fatal(err)
			}
			if err := lake.Forge(l.Entries[lake.Place{Topic: event.TopicTransactions}][0], c.level, c.change); err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(before, mustRead(t, path)) {
				t.Fatal("the file is still the same")
			}
			r := check(t, dir, lake.SourceRaw, true)
			switch {
			case c.column == "" && r.Found != 0:
				t.Errorf("found %v", r.Problems)
			case c.column != "" && (r.Found != 1 || !strings.Contains(r.Problems[0].Error(), c.column)):
				t.Errorf("found %v, want one of %s", r.Problems, c.column)
			}
			if r := check(t, dir, lake.SourceRaw, false); r.Found != 0 {
				t.Errorf("without reading rows: %v", r.Problems)
			}
		})
	}
}
