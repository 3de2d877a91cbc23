-- Bring the episodes of carts up to date with the orders of them.
UPDATE cart SET ordered_at = found.ordered_at
FROM (
    SELECT cart.cart_id, cart.episode,
           coalesce((SELECT min(at) FROM cart_order WHERE cart_order.cart_id = cart.cart_id AND at >= cart.first_at), 0) AS ordered_at
    FROM unnest($1::text[]) AS touched (cart_id) JOIN cart USING (cart_id)
) AS found
WHERE cart.cart_id = found.cart_id AND cart.episode = found.episode AND cart.ordered_at <> found.ordered_at;
