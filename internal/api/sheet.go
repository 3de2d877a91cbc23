package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// sheet writes rows as CSV, or each as a line of JSON.
type sheet struct {
	csv      *csv.Writer // nil for lines of JSON
	w        io.Writer
	currency string
	columns  []column // of CSV, once the header is written
	headed   bool
	written  int
}

func newSheet(format string, w io.Writer, currency string) *sheet {
	s := &sheet{w: w, currency: currency}
	if format == formatCSV {
		s.csv = csv.NewWriter(w)
	}
	return s
}

// write writes rows, a slice of structs that are all of one type.
func (s *sheet) write(rows any) error {
	all := reflect.ValueOf(rows)
	s.written += all.Len()
	if s.csv == nil {
		for i := range all.Len() {
			line, err := encode(all.Index(i).Interface())
			if err != nil {
				return err
			}
			if _, err := s.w.Write(line); err != nil {
				return err
			}
		}
		return nil
	}
	if !s.headed {
		s.head(all.Type().Elem())
	}
	for i := range all.Len() {
		cells := make([]string, len(s.columns))
		for k, c := range s.columns {
			cells[k] = c.cell(all.Index(i), s.currency)
		}
		if err := s.csv.Write(cells); err != nil {
			return err
		}
	}
	s.csv.Flush()
	return s.csv.Error()
}

// head writes the names of the columns of t, and of the currency if there are amounts.
func (s *sheet) head(t reflect.Type) {
	s.headed = true
	s.columns = columnsOf(t, "", nil)
	for _, c := range s.columns {
		if strings.HasSuffix(c.name, "_minor") {
			s.columns = append(s.columns, column{name: "currency"})
			break
		}
	}
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	_ = s.csv.Write(names) // Error says it after the flush
}

// column is a field of a row.
type column struct {
	name string
	path []int // of the field; nil: the currency
}

// columnsOf are the fields of a struct that have a name in JSON. Those of a struct in
// it have its name before theirs; lists are left out.
func columnsOf(t reflect.Type, prefix string, path []int) []column {
	var all []column
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		own := append(append([]int{}, path...), i)
		kind := field.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch {
		case kind.Kind() == reflect.Slice:
		case field.Anonymous:
			all = append(all, columnsOf(kind, prefix, own)...)
		case kind.Kind() == reflect.Struct && kind != reflect.TypeFor[time.Time]():
			all = append(all, columnsOf(kind, prefix+name+"_", own)...)
		default:
			all = append(all, column{prefix + name, own})
		}
	}
	return all
}

// cell is the text of the column of a row.
func (c column) cell(row reflect.Value, currency string) string {
	if c.path == nil {
		return currency
	}
	for _, i := range c.path {
		for row.Kind() == reflect.Pointer {
			if row.IsNil() {
				return ""
			}
			row = row.Elem()
		}
		row = row.Field(i)
	}
	for row.Kind() == reflect.Pointer {
		if row.IsNil() {
			return ""
		}
		row = row.Elem()
	}
	if at, ok := reflect.TypeAssert[time.Time](row); ok {
		return at.Format(time.RFC3339Nano)
	}
	switch row.Kind() {
	case reflect.String:
		return harmless(row.String())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(row.Int(), 10)
	case reflect.Float64:
		return strconv.FormatFloat(row.Float(), 'f', -1, 64)
	default:
		return fmt.Sprint(row.Interface())
	}
}

// harmless puts an apostrophe before what a spreadsheet would take for a formula: texts
// come from events, which anybody may send.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
