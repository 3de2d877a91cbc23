-- Sums by category over hours, of one country or of all, or of one category.
SELECT category, sum(orders)::bigint, sum(units)::bigint, sum(revenue)::bigint, sum(refunds)::bigint, sum(units_returned)::bigint, sum(refunded)::bigint, sum(tax)::bigint, sum(shipping)::bigint
FROM sales_hour
WHERE category <> '' AND (@category = '' OR category = @category) AND start >= @from AND start < @to AND (@country = '' OR country = @country)
GROUP BY category
ORDER BY category;
