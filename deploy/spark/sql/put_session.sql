-- Replace sessions.
INSERT INTO session (started_at, visitor_id, ended_at, events, views, adds, checkouts, orders, units, revenue, country, device, user_id)
SELECT started_at, visitor_id, ended_at, events, views, adds, checkouts, orders, units, revenue, country, device, user_id
FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  AS given (started_at, visitor_id, ended_at, events, views, adds, checkouts, orders, units, revenue, country, device, user_id)
ON CONFLICT (started_at, visitor_id) DO UPDATE
SET ended_at = excluded.ended_at, events = excluded.events, views = excluded.views, adds = excluded.adds,
    checkouts = excluded.checkouts, orders = excluded.orders, units = excluded.units, revenue = excluded.revenue,
    country = excluded.country, device = excluded.device, user_id = excluded.user_id;
