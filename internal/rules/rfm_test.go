package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/rules"
)

// writtenSegments is the table of docs/analytics.md: ranges of r and fm.
var writtenSegments = []struct {
	name             string
	r, rTo, fm, fmTo int
}{
	{"Champions", 5, 5, 4, 5},
	{"Loyal Customers", 3, 4, 4, 5},
	{"Potential Loyalists", 4, 5, 2, 3},
	{"New Customers", 5, 5, 1, 1},
	{"Promising", 4, 4, 1, 1},
	{"Need Attention", 3, 3, 3, 3},
	{"About To Sleep", 3, 3, 1, 2},
	{"At Risk", 1, 2, 3, 4},
	{"Can't Lose Them", 1, 2, 5, 5},
	{"Hibernating", 2, 2, 1, 2},
	{"Hibernating", 1, 1, 2, 2},
	{"Lost", 1, 1, 1, 1},
}

func TestTheSegmentsOfAllScoresAreThoseThatAreWritten(t *testing.T) {
	segments := rules.Default().RFM.Segments
	cells := 0
	for r := 1; r <= rules.Scores; r++ {
		for f := 1; f <= rules.Scores; f++ {
			for m := 1; m <= rules.Scores; m++ {
				var want []string
				fm := (f + m) / 2
				for _, s := range writtenSegments {
					if s.r <= r && r <= s.rTo && s.fm <= fm && fm <= s.fmTo {
						want = append(want, s.name)
					}
				}
				if got := segments.Of(r, f, m); len(want) != 1 || got != want[0] {
					t.Errorf("r %d, f %d, m %d: got %q, want the only one of %q", r, f, m, got, want)
				}
				cells++
			}
		}
	}
	if cells != 125 {
		t.Errorf("%d cells, want 125", cells)
	}
}

func TestCellsAreInTheOrderOfTheScores(t *testing.T) {
	segments := rules.Default().RFM.Segments
	cells := strings.Split(segments.Cells(), rules.SegmentSeparator)
	if len(cells) != rules.Scores*rules.Scores {
		t.Fatalf("%d cells, want 25: %q", len(cells), cells)
	}
	for i, got := range cells {
		r, fm := i/rules.Scores+1, i%rules.Scores+1
		if want := segments.Of(r, fm, fm); got != want {
			t.Errorf("cell %d is %q, want %q", i, got, want)
		}
	}
}

func TestSegmentsOfAFileReplaceARow(t *testing.T) {
	r, err := rules.Parse([]byte("rfm:\n  segments:\n    r1: [Gone, Gone, Gone, ' Asleep: all', \"Can't lose\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Default().RFM
	want.Segments.R1 = [rules.Scores]string{"Gone", "Gone", "Gone", " Asleep: all", "Can't lose"}
	if diff := cmp.Diff(want, r.RFM); diff != "" {
		t.Error(diff)
	}
	again, err := rules.Parse(written(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Error(diff)
	}
}

func TestAnySegmentsReadBackTheSame(t *testing.T) {
	name := rapid.StringMatching(`[ -{}~äß€]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		r := rules.Default()
		for i := range r.RFM.Segments.R3 {
			r.RFM.Segments.R3[i] = name.Draw(t, "name")
		}
		got, err := rules.Parse(written(t, r))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestRulesOfSegmentsThatMakeNoSenseAreReported(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a row too short":  {"segments: {r2: [a, b]}", "line 2: rfm.segments.r2: found 2 values, want 5"},
		"a row too long":   {"segments: {r2: [a, b, c, d, e, f]}", "line 2: rfm.segments.r2: found 6 values, want 5"},
		"one for all":      {"segments: {r2: Lost}", "line 2: rfm.segments.r2: found string, want a list of 5 values"},
		"a list in a list": {"segments: {r2: [a, b, [c], d, e]}", "line 2: rfm.segments.r2: found sequence, want one value"},
		"a score too many": {"segments: {r6: [a, b, c, d, e]}", "line 2: rfm.segments.r6: unknown key, want one of r5, r4, r3, r2, r1"},
		"a nameless one":   {"segments: {r5: [a, b, c, d, '']}", `line 2: rfm.segments.r5: "" cannot be the segment of fm 5`},
		"a separator":      {"segments: {r5: ['a|b', b, c, d, e]}", `line 2: rfm.segments.r5: "a|b" cannot be the segment of fm 1`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Parse([]byte("rfm:\n  " + test.text + "\n"))
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); !strings.HasPrefix(got, "rules: "+test.want) || strings.Contains(got, "\n") {
				t.Errorf("got\n%s\nwant one problem that begins with\nrules: %s", got, test.want)
			}
		})
	}
}
