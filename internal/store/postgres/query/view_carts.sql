-- Every episode of every cart.
SELECT cart_id, episode, first_at, last_at, checkout_at, cleared_at, ordered_at, actions, quantity, value, country, visitor_id, user_id
FROM cart
ORDER BY cart_id, episode;
