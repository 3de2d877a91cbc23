-- Replace what is open in a task.
INSERT OR REPLACE INTO open_state (part, sessions, session_events, carts, cart_value, clock)
VALUES (?, ?, ?, ?, ?, ?);
