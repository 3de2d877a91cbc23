-- The products of a list of ids.
SELECT product_id, version_at, version_event, name, brand, category, price, cost, active
FROM product WHERE product_id = ANY ($1::text[]);
