-- Totals of [@from, @to) of one country or of all: the whole hours in it, and at both ends
-- the minutes that no whole hour with sales covers.
WITH whole AS (
    SELECT start, orders, units, revenue, refunds, units_returned, refunded, tax, shipping
    FROM sales_hour
    WHERE category = '' AND (@country = '' OR country = @country) AND start >= @from AND start <= @to::bigint - 3600000
), ends AS (
    SELECT coalesce(min(start), @to::bigint) AS first, coalesce(max(start) + 3600000, @to::bigint) AS last FROM whole
)
SELECT coalesce(sum(orders), 0)::bigint, coalesce(sum(units), 0)::bigint, coalesce(sum(revenue), 0)::bigint, coalesce(sum(refunds), 0)::bigint,
       coalesce(sum(units_returned), 0)::bigint, coalesce(sum(refunded), 0)::bigint, coalesce(sum(tax), 0)::bigint, coalesce(sum(shipping), 0)::bigint
FROM (
    SELECT orders, units, revenue, refunds, units_returned, refunded, tax, shipping FROM whole
    UNION ALL
    SELECT orders, units, revenue, refunds, units_returned, refunded, tax, shipping
    FROM sales_minute_country, ends
    WHERE start >= @from AND start < ends.first AND (@country = '' OR country = @country)
    UNION ALL
    SELECT orders, units, revenue, refunds, units_returned, refunded, tax, shipping
    FROM sales_minute_country, ends
    WHERE start >= ends.last AND start < @to AND (@country = '' OR country = @country)
) AS parts;
