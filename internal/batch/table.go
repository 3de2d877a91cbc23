package batch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Job is a name of `globalmart batch run`.
type Job string

// The jobs, in the order in which they depend on one another.
const (
	ETL      Job = "etl"
	RFM      Job = "rfm"
	Products Job = "products"
	Trends   Job = "trends"
	Cohorts  Job = "cohorts"
)

// Jobs returns every job, in an order in which they can run.
func Jobs() []Job { return []Job{ETL, RFM, Products, Trends, Cohorts} }

// Grain is what a file of a table holds.
type Grain int

// The grains. A partition is made anew only when what it is made from has changed.
const (
	Whole Grain = iota // one file for the whole table
	Day                // a file for each day
	Month              // a file for each calendar month
)

// String returns "day".
func (g Grain) String() string { return [...]string{"whole", "day", "month"}[g] }

// Table is one output of a job: a query of sql/ and what its result must be.
type Table struct {
	Name    string
	Job     Job
	Grain   Grain
	SQL     string // file of sql/
	Merge   string // file of sql/ that makes a Whole table of what it was and what has changed; "" = always SQL
	Inputs  []Input
	Columns []Column // of the result, in this order
	Key     []string // columns whose values occur once, of Month in each file; none: the table has one row
	Note    string   // one line: what a row is
	// Paged says that it is read by pages of some rows: it has small row groups.
	Paged bool
}

// pagedRowGroup is how many rows have to be decoded for a page.
const pagedRowGroup = 4096

// rowGroup is the size of the row groups of t; 0 is the engine's own.
func (t *Table) rowGroup() int {
	if t.Paged {
		return pagedRowGroup
	}
	return 0
}

// Input is what a query reads: a view of this name has the rows.
type Input struct {
	Name string // a table of the graph, or a topic of the lake (see Lake)
	As   string // the name of the view; "" = Name. With it a query can read several windows of one table
	// Which days of a table by day or month the view has. For a query of a day or
	// month: its own, and so many before and after it. For a whole table: so many
	// before the as-of date, and so many from it on.
	Before, After int
	// Loose says that a partition is not made anew because this input changed: what
	// it says of the days that were there stays as it was.
	Loose bool
}

// All is every day, as Before or After of an Input.
const All = 1 << 20

// firstDate and lastDate bound every day that there can be.
const (
	firstDate Date = "0001-01-01"
	lastDate  Date = "9999-12-31"
)

// window returns the days [start, end) that the input of a query of [from, to) has.
func (in Input) window(from, to Date) (start, end Date) {
	start, end = firstDate, lastDate
	if in.Before < All {
		start = from.Add(-in.Before)
	}
	if in.After < All {
		end = to.Add(in.After)
	}
	return start, end
}

// view is the name of the view.
func (in Input) view() string { return cmp.Or(in.As, in.Name) }

// isLake reports whether the input is a topic of the lake.
func (in Input) isLake() bool { return strings.HasPrefix(in.Name, lakePrefix) }

// Lake returns the name of the view of a topic's valid records.
func Lake(topic string) string { return lakePrefix + topic }

const lakePrefix = "lake_"

// definition is a hash of what the rows of t follow from, apart from its inputs: its
// queries, the values of the rules that they name, its columns.
func (t *Table) definition(values Params) (string, error) {
	h := sha256.New()
	queries, err := t.queries()
	if err != nil {
		return "", err
	}
	for _, text := range queries {
		h.Write(text)
		for _, match := range placeholder.FindAllSubmatch(text, -1) {
			if value, there := values[string(match[1])]; there {
				fmt.Fprintf(h, "%s %v\n", match[1], value)
			}
		}
	}
	fmt.Fprintf(h, "%v %v %v", t.Grain, t.Columns, t.Inputs)
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// queries are the texts of t's files of sql/.
func (t *Table) queries() ([][]byte, error) {
	var all [][]byte
	for _, file := range []string{t.SQL, t.Merge} {
		if file == "" {
			continue
		}
		text, err := sqlFiles.ReadFile("sql/" + file)
		if err != nil {
			return nil, fmt.Errorf("batch: table %s: %w", t.Name, err)
		}
		all = append(all, text)
	}
	return all, nil
}

// dated reports whether a query of t names a date: of the same inputs it then says
// something else as of another one.
func (t *Table) dated() (bool, error) {
	queries, err := t.queries()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(queries, dateParam.Match), nil
}

// dateParam is a parameter that follows from the logical date of the run.
var dateParam = regexp.MustCompile(`\{\{(from|to|as_of)\}\}`)

// Graph is every table, each after those that it reads.
func Graph() []Table {
	return slices.Concat(etlTables, rfmTables, productTables, trendTables, cohortTables)
}

// Find returns the table of a name.
func Find(name string) (Table, bool) {
	all := Graph()
	i := slices.IndexFunc(all, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return all[i], true
}
