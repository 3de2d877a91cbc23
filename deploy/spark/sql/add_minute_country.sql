-- Add increments to minutes by country. One process writes them, so part is 0.
INSERT INTO sales_minute_country AS have (start, country, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
SELECT minute, country, 0, sum(orders)::bigint, sum(units)::bigint, sum(revenue)::bigint, sum(refunds)::bigint,
       sum(units_returned)::bigint, sum(refunded)::bigint, sum(tax)::bigint, sum(shipping)::bigint
FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  AS given (minute, hour, country, category, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
WHERE category = ''
GROUP BY minute, country
ON CONFLICT (start, country, part) DO UPDATE
SET orders         = have.orders + excluded.orders,
    units          = have.units + excluded.units,
    revenue        = have.revenue + excluded.revenue,
    refunds        = have.refunds + excluded.refunds,
    units_returned = have.units_returned + excluded.units_returned,
    refunded       = have.refunded + excluded.refunded,
    tax            = have.tax + excluded.tax,
    shipping       = have.shipping + excluded.shipping;
