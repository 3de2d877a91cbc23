-- Hours of one country or of all, of one category ('' = all), newest first, summed over the writers.
SELECT start, sum(orders), sum(units), sum(revenue), sum(refunds), sum(units_returned), sum(refunded), sum(tax), sum(shipping)
FROM sales_hour
WHERE category = :category AND start >= :from AND start < :to AND (:country = '' OR country = :country)
GROUP BY start
ORDER BY start DESC
LIMIT :limit;
