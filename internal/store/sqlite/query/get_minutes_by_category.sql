-- Minutes of one category, newest first, summed over the writers.
SELECT start, sum(orders), sum(units), sum(revenue), sum(refunds), sum(units_returned), sum(refunded), sum(tax), sum(shipping)
FROM sales_minute_category
WHERE  start >= :from AND start < :to AND category = :category
GROUP BY start
ORDER BY start DESC
LIMIT :limit;
