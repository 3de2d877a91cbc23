package batch

import (
	"fmt"
	"strings"
)

// Column is a column of a table. Its type is one of bigint (64 bits), int (32),
// double, boolean, varchar, date, timestamp (microseconds, UTC, without zone).
type Column struct {
	Name string
	Type string
}

// String returns "name type".
func (c Column) String() string { return c.Name + " " + c.Type }

// types are the types that a column can have: those that come back from Parquet as
// they went in, on every engine.
var types = map[string]bool{"bigint": true, "int": true, "double": true, "boolean": true, "varchar": true, "date": true, "timestamp": true}

// columns reads a declaration: "event_date date, orders int". It is a bug if it
// cannot be read.
func columns(declaration string) []Column {
	var all []Column
	for part := range strings.SplitSeq(declaration, ",") {
		words := strings.Fields(part)
		if len(words) != 2 || !types[words[1]] {
			panic(fmt.Sprintf("batch: column %q: want a name and a type", strings.TrimSpace(part)))
		}
		all = append(all, Column{words[0], words[1]})
	}
	return all
}
