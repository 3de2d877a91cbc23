-- The stock of all products. One that was sold before its first count is not
-- out of stock: what is there is not known yet.
SELECT count(*), count(*) FILTER (WHERE on_hand <= 0 AND initial + restocked > 0),
       count(*) FILTER (WHERE on_hand < 0 AND initial + restocked > 0), coalesce(sum(initial), 0)::bigint,
       coalesce(sum(restocked), 0)::bigint, coalesce(sum(adjusted), 0)::bigint, coalesce(sum(sold), 0)::bigint, coalesce(sum(returned), 0)::bigint
FROM stock_of_product;
