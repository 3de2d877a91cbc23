-- Bring the episodes of carts up to date with the orders of them. Without a join,
-- which a plan made while there were no carts would do in the wrong order.
UPDATE cart
SET ordered_at = coalesce((SELECT min(at) FILTER (WHERE at >= cart.first_at) FROM cart_order WHERE cart_order.cart_id = cart.cart_id), 0)
WHERE cart_id = ANY ($1::text[])
  AND ordered_at <> coalesce((SELECT min(at) FILTER (WHERE at >= cart.first_at) FROM cart_order WHERE cart_order.cart_id = cart.cart_id), 0);
