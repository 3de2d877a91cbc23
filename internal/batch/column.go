package batch

import (
	"fmt"
	"strings"

	"globalmart/internal/warehouse"
)

// Column is a column of a table.
type Column = warehouse.Column

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
		all = append(all, Column{Name: words[0], Type: words[1]})
	}
	return all
}

// keys reads the names of columns: "event_date, country".
func keys(declaration string) []string { return strings.Split(declaration, ", ") }
