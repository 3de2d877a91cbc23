-- Products by what is on hand, the least first, after (:on_hand, :product_id).
SELECT s.product_id, s.initial, s.restocked, s.adjusted, s.sold, s.returned, coalesce(p.name, ''), coalesce(p.category, '')
FROM stock AS s LEFT JOIN product AS p USING (product_id)
WHERE (s.on_hand, s.product_id) > (:on_hand, :product_id) AND s.on_hand <= :most
ORDER BY s.on_hand, s.product_id
LIMIT :limit;
