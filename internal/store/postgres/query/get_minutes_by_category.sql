-- Minutes of one category, newest first, summed over the writers.
SELECT start, sum(orders)::bigint, sum(units)::bigint, sum(revenue)::bigint, sum(refunds)::bigint, sum(units_returned)::bigint, sum(refunded)::bigint, sum(tax)::bigint, sum(shipping)::bigint
FROM sales_minute_category
WHERE start >= @from AND start < @to AND category = @category
GROUP BY start
ORDER BY start DESC
LIMIT @limit;
