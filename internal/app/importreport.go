package app

import (
	"fmt"
	"maps"
	"slices"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
)

// importReport is the result of an import: what the file held, and what became
// of it where it went.
type importReport struct {
	importer.Summary
	Stream  *streamResult `json:"stream,omitempty"` // nil if it did not go through the stream
	Raw     *rawResult    `json:"raw,omitempty"`    // nil if it did not go through the log
	Lake    *lakeResult   `json:"lake,omitempty"`   // nil if it did not go straight to the lake
	Seconds float64       `json:"seconds"`
}

// streamResult is what the stream made of the records of an import.
type streamResult struct {
	Before int64 `json:"in_log_before"` // events that an earlier import had sent
	dispositionCounts
}

// grid shows r under the name of its data set.
func (r *importReport) grid(name string) console.Grid {
	g := console.Grid{Header: []string{name, ""}, Rows: [][]any{{"rows", r.Rows}}}
	if r.Sales != nil {
		g.Rows = append(g.Rows, salesRows(r.Sales)...)
	} else {
		for _, topic := range slices.Sorted(maps.Keys(r.Topics)) {
			g.Rows = append(g.Rows, []any{"events of " + topic, r.Topics[topic]})
		}
	}
	g.Rows = append(g.Rows, []any{"from", r.First.String()}, []any{"to", r.Last.String()})
	if r.NoRate > 0 {
		g.Rows = append(g.Rows, []any{"without an exchange rate", r.NoRate})
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Rejected)) {
		g.Rows = append(g.Rows, []any{"rows rejected: " + string(reason), r.Rejected[reason]})
	}
	if s := r.Stream; s != nil {
		g.Rows = append(
			g.Rows,
			[]any{"events in the log before", s.Before},
			[]any{"events applied by the stream", s.Applied},
			[]any{"events recognised as duplicates", s.Duplicates},
			[]any{"dead letters", s.Dead},
			[]any{"too late for the live tables", s.TooOld},
		)
	}
	if r.Raw != nil {
		g.Rows = append(g.Rows, r.Raw.rows()...)
	}
	if r.Lake != nil {
		g.Rows = append(g.Rows, r.Lake.rows()...)
	}
	g.Rows = append(g.Rows, []any{"seconds", fmt.Sprintf("%.1f", r.Seconds)})
	return g
}

// amountText is an amount for people, of a currency with cents.
func amountText(m event.Minor, currency string) string {
	return fmt.Sprintf("%s %d.%02d", currency, m/100, m%100)
}

func salesRows(s *importer.Sales) [][]any {
	money := func(m event.Minor) string { return amountText(m, s.Currency) }
	return [][]any{
		{"orders", s.Orders},
		{"refunds", s.Refunds},
		{"stock adjustments", s.Adjustments},
		{"revenue", money(s.RevenueMinor)},
		{"refunded", money(s.RefundedMinor)},
		{"net revenue", money(s.RevenueMinor - s.RefundedMinor)},
		{"customers known by id", s.Customers},
		{"products", s.Products},
	}
}
