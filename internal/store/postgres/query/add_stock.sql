-- Add movements to the stock of products.
INSERT INTO stock (product_id, part, initial, restocked, adjusted, sold, returned)
SELECT product_id, $1, initial, restocked, adjusted, sold, returned
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
  AS given (product_id, initial, restocked, adjusted, sold, returned)
ON CONFLICT (product_id, part) DO UPDATE
SET initial   = stock.initial + excluded.initial,
    restocked = stock.restocked + excluded.restocked,
    adjusted  = stock.adjusted + excluded.adjusted,
    sold      = stock.sold + excluded.sold,
    returned  = stock.returned + excluded.returned;
