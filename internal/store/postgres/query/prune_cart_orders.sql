-- Remove orders from before @before whose cart is not stored, at most @rows of them.
DELETE FROM cart_order
WHERE (cart_id, transaction_id) IN (
    SELECT cart_id, transaction_id FROM cart_order AS o
    WHERE at < @before AND NOT EXISTS (SELECT 1 FROM cart WHERE cart.cart_id = o.cart_id)
    LIMIT @rows
);
