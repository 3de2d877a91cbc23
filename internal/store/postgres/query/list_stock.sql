-- Products by what is on hand, the least first, after (@on_hand, @product_id).
SELECT s.product_id, s.initial, s.restocked, s.adjusted, s.sold, s.returned, coalesce(p.name, ''), coalesce(p.category, '')
FROM (
    SELECT * FROM stock_of_product
    WHERE (on_hand, product_id) > (@on_hand, @product_id) AND on_hand <= @most
    ORDER BY on_hand, product_id
    LIMIT @limit
) AS s LEFT JOIN product AS p USING (product_id)
ORDER BY s.on_hand, s.product_id;
