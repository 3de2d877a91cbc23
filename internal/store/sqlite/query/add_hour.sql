-- Add increments to hours.
INSERT INTO sales_hour (start, country, category, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (start, country, category, part) DO UPDATE
SET orders         = orders + excluded.orders,
    units          = units + excluded.units,
    revenue        = revenue + excluded.revenue,
    refunds        = refunds + excluded.refunds,
    units_returned = units_returned + excluded.units_returned,
    refunded       = refunded + excluded.refunded,
    tax            = tax + excluded.tax,
    shipping       = shipping + excluded.shipping;
