-- The products of a JSON array of ids.
SELECT product_id, version_at, version_event, name, brand, category, price, cost, active
FROM json_each(?) AS wanted JOIN product ON product_id = wanted.value;
