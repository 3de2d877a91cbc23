package duck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/lake/lookup"
)

// activities are the topics of a timeline, each with what its rows say beside who and
// when: product, category, cart, action, quantity, order, refund, status, total.
var activities = []struct{ topic, columns, own string }{
	{event.TopicTransactions, "'', '', coalesce(cart_id, ''), '', 0::bigint, transaction_id, coalesce(refund_id, ''), status, base_total_minor", "line_no = 0"},
	{event.TopicProductViews, "product_id, coalesce(category, ''), '', '', 0::bigint, '', '', '', 0::bigint", "true"},
	{event.TopicCartEvents, "coalesce(product_id, ''), coalesce(category, ''), cart_id, action, coalesce(quantity, 0), '', '', '', 0::bigint", "true"},
}

// Timeline returns what a customer did, the newest first.
func (r *Reader) Timeline(ctx context.Context, q lookup.TimelineQuery) (lookup.Found[lookup.Activity], error) {
	var out lookup.Found[lookup.Activity]
	to := q.To
	if q.Before.At > 0 {
		to = min(to, q.Before.At+1)
	}
	var err error
	if out.AsOf, err = r.asOf(event.TopicTransactions); err != nil {
		return out, err
	}
	// Orders are in every lake; where there are days without one, views and carts are of no more.
	err = r.stretches(event.TopicTransactions, q.From, to, func(s stretch) (bool, error) {
		found, err := r.activities(ctx, q, s, q.Limit-len(out.Rows))
		out.Rows = append(out.Rows, found...)
		return len(out.Rows) >= q.Limit, err
	})
	if err != nil {
		return out, fmt.Errorf("timeline of a customer: %w", err)
	}
	return out, nil
}

// activities are those of q within s, at most limit.
func (r *Reader) activities(ctx context.Context, q lookup.TimelineQuery, s stretch, limit int) ([]lookup.Activity, error) {
	var parts []string
	var args []any
	for _, a := range activities {
		files, err := r.files(a.topic, s)
		if err != nil {
			return nil, err
		}
		if files == "" {
			continue
		}
		part := "(select event_id, event_type, event_time, received_at, visitor_id, coalesce(country, ''), coalesce(device, ''), " + a.columns + " from " + files +
			" where valid and " + a.own + " and user_id = ? and event_time >= epoch_ms(?::bigint) and event_time < epoch_ms(?::bigint)"
		args = append(args, q.UserID, int64(s.from), int64(s.to))
		if q.Before.At > 0 {
			part += " and (event_time, event_id) < (epoch_ms(?::bigint), ?)"
			args = append(args, int64(q.Before.At), q.Before.EventID)
		}
		parts = append(parts, part+")")
	}
	if len(parts) == 0 {
		return nil, nil
	}
	text := `with did(event_id, event_type, event_time, received_at, visitor_id, country, device, product_id, category, cart_id, action, quantity, transaction_id, refund_id, status, total) as (
			` + strings.Join(parts, " union all ") + `)
		select event_id, event_type, epoch_ms(event_time), visitor_id, country, device, product_id, category, cart_id, action, quantity, transaction_id, refund_id, status, total
		from did qualify row_number() over (partition by event_id order by received_at) = 1
		order by event_time desc, event_id desc limit ?`
	return query(ctx, r, text, append(args, limit), func(rows *sql.Rows, a *lookup.Activity) error {
		return rows.Scan(&a.EventID, &a.Type, &a.At, &a.VisitorID, &a.Country, &a.Device, &a.ProductID, &a.Category, &a.CartID, &a.Action, &a.Quantity,
			&a.TransactionID, &a.RefundID, &a.Status, &a.BaseTotalMinor)
	})
}
