-- Totals of one country and category over the hours that lie wholly in
-- [@from, @to).
SELECT coalesce(sum(orders), 0)::bigint, coalesce(sum(units), 0)::bigint, coalesce(sum(revenue), 0)::bigint, coalesce(sum(refunds), 0)::bigint,
       coalesce(sum(units_returned), 0)::bigint, coalesce(sum(refunded), 0)::bigint, coalesce(sum(tax), 0)::bigint, coalesce(sum(shipping), 0)::bigint
FROM sales_hour
WHERE category = @category AND country = @country AND start >= @from AND start <= @to::bigint - 3600000;
