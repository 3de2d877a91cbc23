-- Products whose demand is due: there is none, or it is from before a time, which
-- is another one while it is not known.
SELECT s.product_id, s.sold, coalesce(d.at, 0), coalesce(d.sold_until, 0), coalesce(d.mean, -1), coalesce(d.variance, 0), coalesce(d.low, 0), coalesce(d.critical, 0)
FROM stock_of_product AS s LEFT JOIN demand AS d USING (product_id)
WHERE coalesce(d.at, 0) < CASE WHEN coalesce(d.mean, -1) < 0 THEN @unknown::bigint ELSE @known::bigint END
LIMIT @limit;
