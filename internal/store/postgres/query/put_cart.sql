-- Replace episodes of carts, with what is known of their orders. With the time as a
-- filter of min, the orders of a cart are looked up by the cart: as a condition it
-- would tempt the planner to go through all orders by time.
INSERT INTO cart (cart_id, episode, first_at, last_at, checkout_at, cleared_at, actions, quantity, value, country, visitor_id, user_id, ordered_at)
SELECT cart_id, episode, first_at, last_at, checkout_at, cleared_at, actions, quantity, value, country, visitor_id, user_id,
       coalesce((SELECT min(at) FILTER (WHERE at >= given.first_at) FROM cart_order WHERE cart_order.cart_id = given.cart_id), 0)
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[])
  AS given (cart_id, episode, first_at, last_at, checkout_at, cleared_at, actions, quantity, value, country, visitor_id, user_id)
ON CONFLICT (cart_id, episode) DO UPDATE
SET first_at = excluded.first_at, last_at = excluded.last_at, checkout_at = excluded.checkout_at, cleared_at = excluded.cleared_at, actions = excluded.actions, quantity = excluded.quantity, value = excluded.value, country = excluded.country, visitor_id = excluded.visitor_id, user_id = excluded.user_id, ordered_at = excluded.ordered_at;
