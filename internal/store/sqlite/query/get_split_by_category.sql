-- Sums by category over hours, of one country or of all, or of one category.
SELECT category, sum(orders), sum(units), sum(revenue), sum(refunds), sum(units_returned), sum(refunded), sum(tax), sum(shipping)
FROM sales_hour
WHERE category <> '' AND (:category = '' OR category = :category) AND start >= :from AND start < :to AND (:country = '' OR country = :country)
GROUP BY category
ORDER BY category;
