-- Remove orders from before @before whose cart is not stored, at most @rows of them.
DELETE FROM cart_order
WHERE ctid = ANY (ARRAY(
    SELECT o.ctid FROM cart_order AS o
    WHERE o.at < @before AND (SELECT cart_id FROM cart WHERE cart.cart_id = o.cart_id LIMIT 1) IS NULL
    LIMIT @rows
));
