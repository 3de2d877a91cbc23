package mongodb

import (
	"slices"
	"strings"

	"globalmart/internal/warehouse"
)

// perDay are columns that change for every row with each day although nothing happened.
// They are not kept: a question works them out from the date that the table is as of.
var perDay = map[string][]string{
	"mart_rfm": {"recency_days"},
}

// Copied says whether a table of the warehouse is copied, and what of it: the dimensions,
// the facts and the marts, not the steps between them.
func Copied(t warehouse.Shape) (warehouse.Shape, bool) {
	if !isTable(t.Name) {
		return t, false
	}
	t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c warehouse.Column) bool { return slices.Contains(perDay[t.Name], c.Name) })
	return t, true
}

func isTable(name string) bool {
	return slices.ContainsFunc([]string{"dim_", "fact_", "mart_"}, func(kind string) bool { return strings.HasPrefix(name, kind) })
}
