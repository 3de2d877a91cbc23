-- What is open in every task.
SELECT part, sessions, session_events, carts, cart_value, clock FROM open_state ORDER BY part;
