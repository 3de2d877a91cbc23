-- Every row of the minutes by country.
SELECT start, country, '', part, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
FROM sales_minute_country
ORDER BY start, country, part;
