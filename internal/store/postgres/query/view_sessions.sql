-- Every session.
SELECT started_at, visitor_id, ended_at, events, views, adds, checkouts, orders, units, revenue, country, device, user_id
FROM session
ORDER BY started_at, visitor_id;
