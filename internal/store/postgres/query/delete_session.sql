-- Remove sessions that turned out to be none.
DELETE FROM session
USING unnest($1::bigint[], $2::text[]) AS gone (started_at, visitor_id)
WHERE session.started_at = gone.started_at AND session.visitor_id = gone.visitor_id;
