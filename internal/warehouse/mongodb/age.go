package mongodb

import (
	"slices"
	"strconv"
	"time"

	"globalmart/internal/warehouse"
)

// age is a column that says how many days before the day that a table is as of a date is.
// It changes for every row with each day although nothing happened, so it is not kept: a
// question works it out.
type age struct {
	column string
	since  string // the column of the date
}

// ages are those of the tables that have one.
var ages = map[string]age{"mart_rfm": {"recency_days", "last_order_date"}}

// farthest bounds ages that are asked for, in days: dates of a shop lie closer.
const farthest = 400_000

// younger are the operators on dates for those on ages: who is older began earlier.
var younger = map[warehouse.Operator]warehouse.Operator{
	warehouse.Less: warehouse.More, warehouse.LessOrEqual: warehouse.MoreOrEqual, warehouse.More: warehouse.Less, warehouse.MoreOrEqual: warehouse.LessOrEqual,
}

// onDates is q, of a table with columns as of a day, with what it asks of ages asked of
// dates. The error is a *[warehouse.QueryError].
func (a age) onDates(q warehouse.RowsQuery, columns []warehouse.Column, day time.Time) (warehouse.RowsQuery, error) {
	if q.Sort == a.column {
		q.Sort, q.Desc = a.since, !q.Desc
	}
	q.Where = slices.Clone(q.Where)
	for i, c := range q.Where {
		if c.Column != a.column {
			continue
		}
		_, value, err := c.Bind(columns)
		if err != nil {
			return q, err
		}
		c.Column = a.since
		if days, ok := value.(int64); ok {
			days = min(max(days, -farthest), farthest)
			c.Value = day.AddDate(0, 0, -int(days)).Format(time.DateOnly)
		}
		if turned, ok := younger[c.Operator]; ok {
			c.Operator = turned
		}
		q.Where[i] = c
	}
	return q, nil
}

// fill works the ages of rows out.
func (a age) fill(rows [][]any, columns []warehouse.Column, day time.Time) {
	at := func(name string) int {
		return slices.IndexFunc(columns, func(c warehouse.Column) bool { return c.Name == name })
	}
	column, since := at(a.column), at(a.since)
	for _, row := range rows {
		if date, ok := row[since].(time.Time); ok {
			row[column] = int32(day.Sub(date) / (24 * time.Hour)) //nolint:gosec // days between two dates of a shop
		}
	}
}

// dayOf is the day of a table, yyyy-mm-dd.
func dayOf(table, asOf string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		return time.Time{}, failed("day "+strconv.Quote(asOf)+" of table "+table, err)
	}
	return day, nil
}
