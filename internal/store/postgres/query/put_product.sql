-- Keep the latest value of a product, whatever the order of arrival.
INSERT INTO product (product_id, version_at, version_event, name, brand, category, price, cost, active)
SELECT product_id, version_at, version_event, name, brand, category, price, cost, active
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::boolean[])
  AS given (product_id, version_at, version_event, name, brand, category, price, cost, active)
ON CONFLICT (product_id) DO UPDATE
SET version_at = excluded.version_at, version_event = excluded.version_event, name = excluded.name, brand = excluded.brand, category = excluded.category, price = excluded.price, cost = excluded.cost, active = excluded.active
WHERE (excluded.version_at, excluded.version_event) > (product.version_at, product.version_event);
