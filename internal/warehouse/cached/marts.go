package cached

import (
	"context"

	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// SalesDaysSplit returns the sales of days by country or category.
func (r *Reader) SalesDaysSplit(ctx context.Context, q warehouse.SalesDaysQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	return about(ctx, r, "sales-days-"+string(by), &q, &q.Run, func(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[store.SalesPart], error) {
		return r.Source.SalesDaysSplit(ctx, q, by)
	})
}

// SessionDays returns days with sessions, the newest first.
func (r *Reader) SessionDays(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.SessionDay], error) {
	return about(ctx, r, "session-days", &q, &q.Run, r.Source.SessionDays)
}

// Payments returns the sums of some days by method and status.
func (r *Reader) Payments(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.Payment], error) {
	return about(ctx, r, "payments", &q, &q.Run, r.Source.Payments)
}

// Buyers returns how many known customers completed an order on some days.
func (r *Reader) Buyers(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[int64], error) {
	return about(ctx, r, "buyers", &q, &q.Run, r.Source.Buyers)
}

// Countries returns the codes of all countries that were sold to.
func (r *Reader) Countries(ctx context.Context, run string) (warehouse.Answer[string], error) {
	return kept(ctx, r, "countries", run, r.Source.Countries)
}

// RFMCells returns the cells with customers, the highest scores first.
func (r *Reader) RFMCells(ctx context.Context, run string) (warehouse.Answer[warehouse.RFMCell], error) {
	return kept(ctx, r, "rfm-cells", run, r.Source.RFMCells)
}

// Worth returns the classes of customers by what they brought.
func (r *Reader) Worth(ctx context.Context, q warehouse.WorthQuery) (warehouse.Answer[warehouse.Worth], error) {
	return about(ctx, r, "worth", &q, &q.Run, r.Source.Worth)
}

// Migration returns the moves between segments.
func (r *Reader) Migration(ctx context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error) {
	return about(ctx, r, "migration", &q, &q.Run, r.Source.Migration)
}

// Pairs returns pairs of products in the order asked for.
func (r *Reader) Pairs(ctx context.Context, q warehouse.PairQuery) (warehouse.Answer[warehouse.Pair], error) {
	return about(ctx, r, "pairs", &q, &q.Run, r.Source.Pairs)
}

// Pareto returns the steps of the products that sold something.
func (r *Reader) Pareto(ctx context.Context, q warehouse.ParetoQuery) (warehouse.Answer[warehouse.ParetoStep], error) {
	return about(ctx, r, "pareto", &q, &q.Run, r.Source.Pareto)
}
