-- Replace what is open in tasks.
INSERT INTO open_state (part, sessions, session_events, carts, cart_value, clock)
SELECT part, sessions, session_events, carts, cart_value, clock
FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS given (part, sessions, session_events, carts, cart_value, clock)
ON CONFLICT (part) DO UPDATE
SET sessions = excluded.sessions, session_events = excluded.session_events, carts = excluded.carts, cart_value = excluded.cart_value, clock = excluded.clock;
