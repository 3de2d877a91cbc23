-- Replace the demand of a product.
INSERT INTO demand (product_id, at, sold_until, mean, variance, low, critical)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (product_id) DO UPDATE
SET at = excluded.at, sold_until = excluded.sold_until, mean = excluded.mean, variance = excluded.variance,
    low = excluded.low, critical = excluded.critical;
