package rules

import (
	"strconv"
	"strings"

	"globalmart/internal/event"
)

// RFM are the rules of customer segments: by recency, frequency and monetary value
// (net revenue).
type RFM struct {
	Segments Segments `yaml:"segments"`
}

// Scores is how many scores each measure has: fifths, 5 is the best.
const Scores = 5

// Segments names the segment of each recency score, and in it of each mean of
// frequency and monetary score, rounded down, from 1 to 5. So it is total and
// without overlap by its form.
type Segments struct {
	R5 [Scores]string `yaml:"r5"`
	R4 [Scores]string `yaml:"r4"`
	R3 [Scores]string `yaml:"r3"`
	R2 [Scores]string `yaml:"r2"`
	R1 [Scores]string `yaml:"r1"`
}

// SegmentSeparator is in no name of a segment.
const SegmentSeparator = "|"

// Of returns the segment of scores from 1 to 5.
func (s Segments) Of(r, f, m int) string { return s.rows()[r-1][(f+m)/2-1] }

// Cells returns the 25 names, joined by [SegmentSeparator]: of r = 1 for fm = 1 to
// 5, then of r = 2, and so on.
func (s Segments) Cells() string {
	var all []string
	for _, row := range s.rows() {
		all = append(all, row[:]...)
	}
	return strings.Join(all, SegmentSeparator)
}

// rows are the names from the worst recency score to the best.
func (s Segments) rows() [Scores][Scores]string {
	return [Scores][Scores]string{s.R1, s.R2, s.R3, s.R4, s.R5}
}

// check reports what is wrong with r.
func (r RFM) check(add func(path, format string, args ...any)) {
	for i, row := range r.Segments.rows() {
		for fm, name := range row {
			if !isCategory(name) || strings.Contains(name, SegmentSeparator) {
				add("rfm.segments.r"+strconv.Itoa(i+1), "%q cannot be the segment of fm %d, want 1 to %d bytes of printable text without %s",
					name, fm+1, event.MaxTextLength, SegmentSeparator)
			}
		}
	}
}
