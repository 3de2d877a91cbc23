-- Add movements to the stock of products.
INSERT INTO stock (product_id, initial, restocked, adjusted, sold, returned)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (product_id) DO UPDATE
SET initial   = initial + excluded.initial,
    restocked = restocked + excluded.restocked,
    adjusted  = adjusted + excluded.adjusted,
    sold      = sold + excluded.sold,
    returned  = returned + excluded.returned;
