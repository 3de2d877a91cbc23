-- Add increments to minutes by country.
INSERT INTO sales_minute_country (start, country, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
SELECT start, country, $1, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
  AS given (start, country, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
ON CONFLICT (start, country, part) DO UPDATE
SET orders         = sales_minute_country.orders + excluded.orders,
    units          = sales_minute_country.units + excluded.units,
    revenue        = sales_minute_country.revenue + excluded.revenue,
    refunds        = sales_minute_country.refunds + excluded.refunds,
    units_returned = sales_minute_country.units_returned + excluded.units_returned,
    refunded       = sales_minute_country.refunded + excluded.refunded,
    tax            = sales_minute_country.tax + excluded.tax,
    shipping       = sales_minute_country.shipping + excluded.shipping;
