package duck

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/lake/lookup"
)

// orderColumns are those of a lookup.Order, but for its lines.
const orderColumns = `event_id, transaction_id, coalesce(refund_id, ''), status, epoch_ms(event_time), epoch_ms(received_at), visitor_id, coalesce(user_id, ''),
	coalesce(country, ''), coalesce(device, ''), coalesce(payment_method, ''), coalesce(cart_id, ''), coalesce(currency, ''),
	subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor, base_total_minor`

func orderInto(o *lookup.Order) []any {
	return []any{
		&o.EventID, &o.TransactionID, &o.RefundID, &o.Status, &o.At, &o.ReceivedAt, &o.VisitorID, &o.UserID,
		&o.Country, &o.Device, &o.Payment, &o.CartID, &o.Currency,
		&o.SubtotalMinor, &o.DiscountMinor, &o.ShippingMinor, &o.TaxMinor, &o.TotalMinor, &o.BaseTotalMinor,
	}
}

// once keeps of an order's events that say the same the one that was received first.
const once = `qualify row_number() over (partition by transaction_id, status, coalesce(refund_id, '') order by received_at, filename, log_offset) = 1`

// Orders returns the orders and refunds of q, the newest first.
func (r *Reader) Orders(ctx context.Context, q lookup.OrderQuery) (lookup.Found[lookup.Order], error) {
	var out lookup.Found[lookup.Order]
	var err error
	if out.AsOf, err = r.asOf(event.TopicTransactions); err != nil {
		return out, err
	}
	to := q.To
	if q.Before.At > 0 {
		to = min(to, q.Before.At+1)
	}
	err = r.stretches(event.TopicTransactions, q.From, to, func(s stretch) (bool, error) {
		files, err := r.files(event.TopicTransactions, s)
		if err != nil || files == "" {
			return false, err
		}
		text, args := ordersQuery(q, s, q.Limit-len(out.Rows))
		found, err := query(ctx, r, strings.ReplaceAll(text, "{{files}}", files), args, func(rows *sql.Rows, o *lookup.Order) error {
			return rows.Scan(append(orderInto(o), &o.LineCount, &o.Units)...)
		})
		out.Rows = append(out.Rows, found...)
		return len(out.Rows) >= q.Limit, err
	})
	if err != nil {
		return out, fmt.Errorf("orders: %w", err)
	}
	return out, nil
}

// ordersQuery is the query for the orders of q within s, at most limit.
func ordersQuery(q lookup.OrderQuery, s stretch, limit int) (text string, args []any) {
	args = []any{int64(s.from), int64(s.to)}
	filters := []string{"true"}
	for _, f := range []struct{ column, value string }{
		{"status", string(q.Status)}, {"payment_method", q.Payment}, {"user_id", q.UserID},
	} {
		if f.value != "" {
			filters = append(filters, f.column+" = ?")
			args = append(args, f.value)
		}
	}
	if len(q.Countries) > 0 {
		filters = append(filters, "country in ("+strings.Repeat("?, ", len(q.Countries)-1)+"?)")
		for _, code := range q.Countries {
			args = append(args, code)
		}
	}
	if q.ProductID != "" {
		filters = append(filters, "(filename, log_offset) in (select filename, log_offset from {{files}} where valid and product_id = ?)")
		args = append(args, q.ProductID)
	}
	if q.Before.At > 0 {
		filters = append(filters, "(event_time, event_id) < (epoch_ms(?::bigint), ?)")
		args = append(args, int64(q.Before.At), q.Before.EventID)
	}
	return `with head as (
			select * from {{files}}
			where valid and line_no = 0 and event_time >= epoch_ms(?::bigint) and event_time < epoch_ms(?::bigint)
			` + once + `),
		top as (select * from head where ` + strings.Join(filters, " and ") + ` order by event_time desc, event_id desc limit ?),
		line as (
			select filename, log_offset, count(product_id) as lines, coalesce(sum(quantity), 0) as units from {{files}}
			where (filename, log_offset) in (select filename, log_offset from top) group by all)
		select ` + orderColumns + `, line.lines, cast(line.units as bigint)
		from top join line using (filename, log_offset) order by event_time desc, event_id desc`, append(args, limit)
}

// Order returns the events of an order that happened within [from, to), with their
// lines, the oldest first: it and its refunds, and attempts of the same days. The days
// are looked through from the newest on, until it is found.
func (r *Reader) Order(ctx context.Context, id string, from, to event.Time) (lookup.Found[lookup.Order], error) {
	var out lookup.Found[lookup.Order]
	var err error
	if out.AsOf, err = r.asOf(event.TopicTransactions); err != nil {
		return out, err
	}
	out.Rows, err = r.OrderEvents(ctx, []string{id}, from, to)
	switch {
	case err != nil:
		return out, err
	case len(out.Rows) == 0:
		return out, fmt.Errorf("order %s: %w", id, lookup.ErrNotFound)
	}
	slices.Reverse(out.Rows)
	return out, nil
}

// OrderEvents returns the events of some orders as Order does, the newest first; orders
// that are not there have none.
func (r *Reader) OrderEvents(ctx context.Context, ids []string, from, to event.Time) ([]lookup.Order, error) {
	var all []lookup.Order
	left := slices.Clone(ids)
	err := r.stretches(event.TopicTransactions, from, to, func(s stretch) (bool, error) {
		files, err := r.files(event.TopicTransactions, s)
		if err != nil || files == "" {
			return false, err
		}
		found, err := r.eventsOf(ctx, files, left, s)
		all = append(all, found...)
		for i := range found {
			if o := &found[i]; o.RefundID == "" {
				left = slices.DeleteFunc(left, func(id string) bool { return id == o.TransactionID })
			}
		}
		return len(left) == 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("orders %s: %w", strings.Join(ids, ", "), err)
	}
	return all, nil
}

// eventsOf are the events of some orders in some files, the newest first.
func (r *Reader) eventsOf(ctx context.Context, files string, ids []string, s stretch) ([]lookup.Order, error) {
	type row struct {
		lookup.Order
		lookup.Line
		number int
	}
	args := make([]any, 0, len(ids)+2)
	for _, id := range ids {
		args = append(args, id)
	}
	rows, err := query(ctx, r, strings.ReplaceAll(`with own as (
			select * from {{files}} where valid and transaction_id in (`+strings.Repeat("?, ", len(ids)-1)+`?) and event_time >= epoch_ms(?::bigint) and event_time < epoch_ms(?::bigint)),
		head as (select * from own where line_no = 0 `+once+`),
		line as (
			select filename, log_offset, line_no as n, coalesce(product_id, '') as of_product, coalesce(category, '') as of_category, coalesce(quantity, 0) as units,
				coalesce(unit_price_minor, 0) as price, coalesce(line_discount_minor, 0) as discount, coalesce(amount_minor, 0) as amount, coalesce(base_amount_minor, 0) as base
			from own)
		select `+orderColumns+`, n, of_product, of_category, units, price, discount, amount, base
		from head join line using (filename, log_offset)
		order by event_time desc, event_id desc, n`, "{{files}}", files), append(args, int64(s.from), int64(s.to)),
		func(rows *sql.Rows, o *row) error {
			l := &o.Line
			return rows.Scan(append(orderInto(&o.Order), &o.number, &l.ProductID, &l.Category, &l.Quantity, &l.UnitPriceMinor, &l.DiscountMinor, &l.AmountMinor, &l.BaseAmountMinor)...)
		})
	if err != nil {
		return nil, err
	}
	var orders []lookup.Order
	for _, row := range rows {
		if row.number == 0 {
			orders = append(orders, row.Order)
		}
		if o := &orders[len(orders)-1]; row.ProductID != "" {
			o.Lines = append(o.Lines, row.Line)
			o.LineCount++
			o.Units += row.Quantity
		}
	}
	return orders, nil
}
