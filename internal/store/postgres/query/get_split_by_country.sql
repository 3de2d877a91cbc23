-- Sums by country over hours, of one category ('' = all), or of one country.
SELECT country, sum(orders)::bigint, sum(units)::bigint, sum(revenue)::bigint, sum(refunds)::bigint, sum(units_returned)::bigint, sum(refunded)::bigint, sum(tax)::bigint, sum(shipping)::bigint
FROM sales_hour
WHERE category = @category AND start >= @from AND start < @to AND (@country = '' OR country = @country)
GROUP BY country
ORDER BY country;
