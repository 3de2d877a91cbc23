-- Add increments to minutes by category.
INSERT INTO sales_minute_category (start, category, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
SELECT start, category, $1, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
  AS given (start, category, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
ON CONFLICT (start, category, part) DO UPDATE
SET orders         = sales_minute_category.orders + excluded.orders,
    units          = sales_minute_category.units + excluded.units,
    revenue        = sales_minute_category.revenue + excluded.revenue,
    refunds        = sales_minute_category.refunds + excluded.refunds,
    units_returned = sales_minute_category.units_returned + excluded.units_returned,
    refunded       = sales_minute_category.refunded + excluded.refunded,
    tax            = sales_minute_category.tax + excluded.tax,
    shipping       = sales_minute_category.shipping + excluded.shipping;
