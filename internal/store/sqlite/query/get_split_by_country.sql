-- Sums by country over hours, of one category ('' = all), or of one country.
SELECT country, sum(orders), sum(units), sum(revenue), sum(refunds), sum(units_returned), sum(refunded), sum(tax), sum(shipping)
FROM sales_hour
WHERE category = :category AND start >= :from AND start < :to AND (:country = '' OR country = :country)
GROUP BY country
ORDER BY country;
