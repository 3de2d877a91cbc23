-- Totals of one country and category over the hours that lie wholly in
-- [:from, :to).
SELECT coalesce(sum(orders), 0), coalesce(sum(units), 0), coalesce(sum(revenue), 0), coalesce(sum(refunds), 0),
       coalesce(sum(units_returned), 0), coalesce(sum(refunded), 0), coalesce(sum(tax), 0), coalesce(sum(shipping), 0)
FROM sales_hour
WHERE category = :category AND country = :country AND start >= :from AND start <= :to - 3600000;
