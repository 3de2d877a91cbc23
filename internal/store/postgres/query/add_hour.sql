-- Add increments to hours.
INSERT INTO sales_hour (start, country, category, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
SELECT start, country, category, $1, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
  AS given (start, country, category, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
ON CONFLICT (start, country, category, part) DO UPDATE
SET orders         = sales_hour.orders + excluded.orders,
    units          = sales_hour.units + excluded.units,
    revenue        = sales_hour.revenue + excluded.revenue,
    refunds        = sales_hour.refunds + excluded.refunds,
    units_returned = sales_hour.units_returned + excluded.units_returned,
    refunded       = sales_hour.refunded + excluded.refunded,
    tax            = sales_hour.tax + excluded.tax,
    shipping       = sales_hour.shipping + excluded.shipping;
