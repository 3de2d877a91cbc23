-- Every row of the hours.
SELECT start, country, category, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
FROM sales_hour
ORDER BY start, country, category, part;
