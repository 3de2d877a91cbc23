-- Replace a session. Safe to replay, as all that replace are.
INSERT OR REPLACE INTO session (started_at, visitor_id, ended_at, events, views, adds, checkouts, orders, units, revenue, country, device, user_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
