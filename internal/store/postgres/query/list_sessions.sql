-- Sessions that start from @from on, newest first, before (@before, @visitor_id).
SELECT started_at, visitor_id, ended_at, events, views, adds, checkouts, orders, units, revenue, country, device, user_id
FROM session
WHERE started_at >= @from AND (started_at, visitor_id) < (@before, @visitor_id)
ORDER BY started_at DESC, visitor_id DESC
LIMIT @limit;
