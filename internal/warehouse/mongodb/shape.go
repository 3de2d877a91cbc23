package mongodb

import (
	"slices"
	"strings"

	"globalmart/internal/warehouse"
)

// Copied says whether a table of the warehouse is copied, and what of it: the dimensions,
// the facts and the marts, not the steps between them.
func Copied(t warehouse.Shape) (warehouse.Shape, bool) {
	if !isTable(t.Name) {
		return t, false
	}
	if a, aged := ages[t.Name]; aged {
		t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c warehouse.Column) bool { return c.Name == a.column })
	}
	return t, true
}

func isTable(name string) bool {
	return slices.ContainsFunc([]string{"dim_", "fact_", "mart_"}, func(kind string) bool { return strings.HasPrefix(name, kind) })
}
