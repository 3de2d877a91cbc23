-- Products of which a count is known, and which have little on hand or an open alert.
SELECT s.product_id, s.on_hand, coalesce(d.at, 0), coalesce(d.sold_until, s.sold), coalesce(d.mean, -1), coalesce(d.variance, 0),
       coalesce(d.low, @low), coalesce(d.critical, @critical)
FROM stock_of_product AS s LEFT JOIN demand AS d USING (product_id)
WHERE s.initial + s.restocked > 0
  AND (s.on_hand <= coalesce(d.low, @low)
       OR EXISTS (SELECT 1 FROM alert AS a WHERE a.closed_at = 0 AND a.kind = 'stock' AND a.subject = s.product_id))
ORDER BY s.product_id;
