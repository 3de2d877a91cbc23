package lake

import (
	"fmt"
	"os"
)

// Totals are what the files of a source come to, by their footers.
type Totals struct {
	Files     int
	Bytes     int64
	Records   int64
	Rows      int64
	Completed Sums // orders
	Refunded  Sums // refunds, not negative
}

// Total reads the footers of every file of a source. A source that is not there
// comes to nothing.
func Total(dir, source string) (Totals, error) {
	var t Totals
	l, err := List(dir, source)
	if err != nil {
		return t, err
	}
	for _, at := range l.Places() {
		for _, e := range l.Entries[at] {
			if e.Gap {
				continue
			}
			f, err := e.Footer()
			if err != nil {
				return t, err
			}
			info, err := os.Stat(e.Path)
			if err != nil {
				return t, fmt.Errorf("lake: size of file: %w", err)
			}
			t.Files++
			t.Bytes += info.Size()
			t.Records += f.Records
			t.Rows += f.Rows
			t.Completed.add(f.Completed)
			t.Refunded.add(f.Refunded)
		}
	}
	return t, nil
}
