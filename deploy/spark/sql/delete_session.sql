-- Remove sessions that turned out to be none, or not to be at rest.
DELETE FROM session USING unnest(?, ?) AS gone (started_at, visitor_id)
WHERE session.started_at = gone.started_at AND session.visitor_id = gone.visitor_id;
