-- What is open over all tasks, as of the earliest of their clocks.
SELECT coalesce(sum(sessions), 0)::bigint, coalesce(sum(session_events), 0)::bigint, coalesce(sum(carts), 0)::bigint, coalesce(sum(cart_value), 0)::bigint, coalesce(min(clock), 0)
FROM open_state;
