package warehouse

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrNoTable reports that a run has no such table.
var ErrNoTable = errors.New("there is no such table")

// TableInfo is a table as of one run.
type TableInfo struct {
	Name    string
	Rows    int64
	Bytes   int64
	Files   int
	AsOf    string // of the run that last looked at it, yyyy-mm-dd
	First   string // first day of its first partition; "" = it is kept whole
	Last    string // first day of its last partition
	Columns []Column
}

// Operator compares a column with a value.
type Operator string

// The operators.
const (
	Equal       Operator = "eq"
	NotEqual    Operator = "ne"
	Less        Operator = "lt"
	LessOrEqual Operator = "le"
	More        Operator = "gt"
	MoreOrEqual Operator = "ge"
	Contains    Operator = "contains" // of text
	IsNull      Operator = "null"     // value true or false
)

// Condition is what rows have to meet.
type Condition struct {
	Column   string
	Operator Operator
	Value    string // as text of the column's type
}

// RowsQuery selects rows of a table. Without Sort they come in the order that they are
// kept in, which stays the same within a run.
type RowsQuery struct {
	Page
	Table string
	Where []Condition // all of them
	Sort  string      // column; "" = none
	Desc  bool
}

// TableRows are rows of a table, with nil for what is null. Values are int64, float64,
// bool, string and, of dates and times, time.Time.
type TableRows struct {
	State   State
	Columns []Column
	Rows    [][]any
}

// QueryError reports a part of a RowsQuery that does not fit the table.
type QueryError struct {
	Sort  bool // it is about Sort; else about a condition
	Value string
	Text  string
}

// Error says what is wrong.
func (e *QueryError) Error() string { return fmt.Sprintf("%q: %s", e.Value, e.Text) }

// CheckSort returns a *[QueryError] unless a table with these columns can be sorted so.
func (q *RowsQuery) CheckSort(columns []Column) error {
	if q.Sort == "" {
		return nil
	}
	if _, err := find(columns, q.Sort); err != nil {
		return &QueryError{Sort: true, Value: q.Sort, Text: err.Error()}
	}
	return nil
}

// Bind returns the column of c, and its value in the column's type: int64, float64, bool,
// string or time.Time; of IsNull a bool. The error is a *[QueryError].
func (c Condition) Bind(columns []Column) (Column, any, error) {
	wrong := func(text string) (Column, any, error) {
		return Column{}, nil, &QueryError{Value: c.Column + ":" + string(c.Operator) + ":" + c.Value, Text: text}
	}
	col, err := find(columns, c.Column)
	if err != nil {
		return wrong(err.Error())
	}
	switch c.Operator {
	case Equal, NotEqual, Less, LessOrEqual, More, MoreOrEqual:
		value, err := valueOf(col.Type, c.Value)
		if err != nil {
			return wrong(err.Error())
		}
		return col, value, nil
	case Contains:
		if col.Type != "varchar" {
			return wrong("contains is for text, and the column is " + col.Type)
		}
		return col, c.Value, nil
	case IsNull:
		if c.Value != "true" && c.Value != "false" {
			return wrong("want true or false")
		}
		return col, c.Value == "true", nil
	}
	return wrong("no such operator; there are eq, ne, lt, le, gt, ge, contains and null")
}

func find(columns []Column, name string) (Column, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		if c.Name == name {
			return c, nil
		}
		names[i] = c.Name
	}
	return Column{}, errors.New("no such column; there are " + strings.Join(names, ", "))
}

// valueOf reads text as a value of a type.
func valueOf(kind, text string) (any, error) {
	switch kind {
	case "bigint", "int":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || kind == "int" && int64(int32(n)) != n {
			return nil, errors.New("want an integer")
		}
		return n, nil
	case "double":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errors.New("want a number")
		}
		return f, nil
	case "boolean":
		if text != "true" && text != "false" {
			return nil, errors.New("want true or false")
		}
		return text == "true", nil
	case "date":
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, errors.New("want a day, such as 2026-03-01")
		}
		return t, nil
	case "timestamp":
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, errors.New("want a time, such as 2026-03-01T10:00:00Z")
		}
		return t.UTC(), nil
	}
	return text, nil
}
