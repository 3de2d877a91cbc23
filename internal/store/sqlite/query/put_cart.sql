-- Replace an episode of a cart, with what is known of its orders.
WITH new (cart_id, episode, first_at, last_at, checkout_at, cleared_at, actions, quantity, value, country, visitor_id, user_id) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)
INSERT OR REPLACE INTO cart (cart_id, episode, first_at, last_at, checkout_at, cleared_at, ordered_at, actions, quantity, value, country, visitor_id, user_id)
SELECT cart_id, episode, first_at, last_at, checkout_at, cleared_at,
       coalesce((SELECT min(at) FROM cart_order WHERE cart_order.cart_id = new.cart_id AND at >= new.first_at), 0),
       actions, quantity, value, country, visitor_id, user_id
FROM new;
