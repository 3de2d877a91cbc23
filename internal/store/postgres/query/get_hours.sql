-- Hours of one country or of all, of one category ('' = all), newest first, summed over the writers.
SELECT start, sum(orders)::bigint, sum(units)::bigint, sum(revenue)::bigint, sum(refunds)::bigint, sum(units_returned)::bigint, sum(refunded)::bigint, sum(tax)::bigint, sum(shipping)::bigint
FROM sales_hour
WHERE category = @category AND start >= @from AND start < @to AND (@country = '' OR country = @country)
GROUP BY start
ORDER BY start DESC
LIMIT @limit;
