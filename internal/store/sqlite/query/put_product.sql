-- Keep the latest value of a product, whatever the order of arrival.
INSERT INTO product (product_id, version_at, version_event, name, brand, category, price, cost, active)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (product_id) DO UPDATE
SET version_at = excluded.version_at, version_event = excluded.version_event,
    name = excluded.name, brand = excluded.brand, category = excluded.category,
    price = excluded.price, cost = excluded.cost, active = excluded.active
WHERE (excluded.version_at, excluded.version_event) > (product.version_at, product.version_event);
