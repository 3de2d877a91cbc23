-- The stock of all products.
SELECT count(*), count(*) FILTER (WHERE on_hand <= 0), count(*) FILTER (WHERE on_hand < 0), coalesce(sum(initial), 0),
       coalesce(sum(restocked), 0), coalesce(sum(adjusted), 0), coalesce(sum(sold), 0), coalesce(sum(returned), 0)
FROM stock;
