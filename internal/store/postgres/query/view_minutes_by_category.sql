-- Every row of the minutes by category.
SELECT start, '', category, part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
FROM sales_minute_category
ORDER BY start, category, part;
