// Package warehouse is what the batch jobs make of the lake: dimensions, facts by
// day and marts, each a table of immutable files, and the manifest that says which
// files are the tables as of one run.
//
// A [Manifest] is a whole state of the warehouse. A run begins with the newest one,
// writes files for what changed and publishes the next; it never touches a file that
// is there. So a reader that keeps to one manifest sees one state, from whichever run
// each of its files is, for as long as it likes; what no recent manifest names is
// removed after [Grace].
//
// Money is in minor units of the shop's currency, days are the shop's own.
package warehouse

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"globalmart/internal/event"
)

// Grace is how long the files of a manifest that is no longer the newest are kept.
const Grace = 10 * time.Minute

// ErrNone reports that nothing has been published yet.
var ErrNone = errors.New("the warehouse is empty")

// ErrBusy reports that another run is writing the warehouse.
var ErrBusy = errors.New("another run is writing the warehouse")

// ErrConflict reports that the newest manifest is not the one that a run began with:
// another one has published meanwhile, what the later has made is dropped.
var ErrConflict = errors.New("another run has published meanwhile")

// Manifest says what the tables consist of as of one run.
type Manifest struct {
	Format  int              `json:"format"`
	Run     string           `json:"run"`              // that published it
	Parent  string           `json:"parent,omitempty"` // the manifest it began with
	AsOf    string           `json:"as_of"`            // logical date of the run, yyyy-mm-dd: days before it are over
	Created time.Time        `json:"created"`
	Rules   int              `json:"rules"`  // version of the business rules
	Engine  string           `json:"engine"` // that ran the SQL
	Cut     Cut              `json:"cut"`
	Tables  map[string]Table `json:"tables"`
}

// FormatVersion is the version of the manifests that this build writes and reads.
const FormatVersion = 1

// Cut says how much of the lake a manifest has taken in.
type Cut struct {
	// Raw is the first offset of each topic-partition that was not read, by
	// "transactions/3".
	Raw map[string]int64 `json:"raw"`
	// Days are the days, yyyy-mm-dd in order, that were read of each source that is
	// written in whole days: history, import/NAME.
	Days map[string][]string `json:"days"`
}

// Seam is the end, in UTC, of the last whole day of history or of an import that was
// over when the manifest was made: what happened before it is not in the log, or not
// all of it. 0 means that the log holds everything.
func (m *Manifest) Seam() event.Time {
	var seam event.Time
	for _, days := range m.Cut.Days {
		for _, day := range days {
			if t, err := time.Parse(time.DateOnly, day); err == nil && !t.AddDate(0, 0, 1).After(m.Created) {
				seam = max(seam, event.TimeOf(t.AddDate(0, 0, 1)))
			}
		}
	}
	return seam
}

// Since is the beginning, in UTC, of the first whole day of history or of an import: of
// what happened before it nothing is known. 0 means that there is none of either.
func (m *Manifest) Since() event.Time {
	var first string
	for _, days := range m.Cut.Days {
		if len(days) > 0 && (first == "" || days[0] < first) {
			first = days[0]
		}
	}
	if t, err := time.Parse(time.DateOnly, first); err == nil {
		return event.TimeOf(t)
	}
	return 0
}

// Clone returns a copy that can be changed.
func (c Cut) Clone() Cut {
	next := Cut{Raw: maps.Clone(c.Raw), Days: map[string][]string{}}
	if next.Raw == nil {
		next.Raw = map[string]int64{}
	}
	for source, days := range c.Days {
		next.Days[source] = slices.Clone(days)
	}
	return next
}

// Table is a table as of one run.
type Table struct {
	AsOf       string `json:"as_of"`      // of the run that last looked at it
	Definition string `json:"definition"` // hash of its SQL and columns
	Files      []File `json:"files"`      // by date
	// Inputs are the files of day tables that it was made from, if the next run
	// can add and take away instead of making it anew.
	Inputs map[string][]File `json:"inputs,omitempty"`
}

// File is one file of a table.
type File struct {
	Path  string `json:"path"`           // relative to the warehouse, with slashes
	Date  string `json:"date,omitempty"` // first day of its partition; "" = the whole table
	Key   string `json:"key"`            // hash of what it follows from
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// Between returns the files whose partitions begin in [from, to), of dates as
// yyyy-mm-dd; "" is no bound.
func (t Table) Between(from, to string) []File {
	var found []File
	for _, f := range t.Files {
		if f.Date >= from && (to == "" || f.Date < to) {
			found = append(found, f)
		}
	}
	return found
}

// Rows is the number of rows of the table.
func (t Table) Rows() (n int64) {
	for _, f := range t.Files {
		n += f.Rows
	}
	return n
}

// Bytes is the size of the table's files.
func (t Table) Bytes() (n int64) {
	for _, f := range t.Files {
		n += f.Bytes
	}
	return n
}

// Put replaces the partition of f, or adds it.
func (t *Table) Put(f File) {
	i, there := slices.BinarySearchFunc(t.Files, f, func(a, b File) int { return cmp.Compare(a.Date, b.Date) })
	if there {
		t.Files[i] = f
		return
	}
	t.Files = slices.Insert(t.Files, i, f)
}

// Drop removes the partition that begins at date.
func (t *Table) Drop(date string) {
	t.Files = slices.DeleteFunc(t.Files, func(f File) bool { return f.Date == date })
}

// Clone returns a copy whose tables can be changed.
func (m *Manifest) Clone() Manifest {
	next := *m
	next.Cut = m.Cut.Clone()
	next.Tables = make(map[string]Table, len(m.Tables))
	for name, t := range m.Tables {
		t.Files = slices.Clone(t.Files)
		t.Inputs = maps.Clone(t.Inputs)
		next.Tables[name] = t
	}
	return next
}

// Needs returns every file that m needs, by path: those of its tables, and those that
// they were made from.
func (m *Manifest) Needs() map[string]File {
	found := map[string]File{}
	for _, t := range m.Tables {
		for _, f := range t.Files {
			found[f.Path] = f
		}
		for _, files := range t.Inputs {
			for _, f := range files {
				found[f.Path] = f
			}
		}
	}
	return found
}
