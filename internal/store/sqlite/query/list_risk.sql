-- Products that sell, by how long their stock lasts at that rate (thousandths of a day), after (:cover, :product_id).
WITH risk AS (
    SELECT s.product_id, s.initial, s.restocked, s.adjusted, s.sold, s.returned, coalesce(p.name, '') AS name, coalesce(p.category, '') AS category,
           d.mean, d.low, d.critical, s.on_hand * 1000000 / d.mean AS cover
    FROM stock AS s JOIN demand AS d USING (product_id) LEFT JOIN product AS p USING (product_id)
    WHERE d.mean > 0
)
SELECT product_id, initial, restocked, adjusted, sold, returned, name, category, mean, low, critical
FROM risk
WHERE (cover, product_id) > (:cover, :product_id) AND (:category = '' OR category = :category)
ORDER BY cover, product_id
LIMIT :limit;
