-- Replace the demand of products.
INSERT INTO demand (product_id, at, sold_until, mean, variance, low, critical)
SELECT product_id, at, sold_until, mean, variance, low, critical
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
  AS given (product_id, at, sold_until, mean, variance, low, critical)
ON CONFLICT (product_id) DO UPDATE
SET at = excluded.at, sold_until = excluded.sold_until, mean = excluded.mean, variance = excluded.variance, low = excluded.low, critical = excluded.critical;
