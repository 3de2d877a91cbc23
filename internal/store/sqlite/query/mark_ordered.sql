-- Bring the episodes of carts up to date after orders of them were written.
WITH touched (cart_id) AS (
    VALUES (?)
), found AS (
    SELECT cart.cart_id, cart.episode,
           coalesce((SELECT min(at) FROM cart_order WHERE cart_order.cart_id = cart.cart_id AND at >= cart.first_at), 0) AS ordered_at
    FROM touched CROSS JOIN cart ON cart.cart_id = touched.cart_id
)
UPDATE cart SET ordered_at = found.ordered_at
FROM found
WHERE cart.cart_id = found.cart_id AND cart.episode = found.episode AND cart.ordered_at <> found.ordered_at;
