-- Remove sessions that turned out to be none.
WITH gone (started_at, visitor_id) AS (
    VALUES (?, ?)
)
DELETE FROM session
WHERE (started_at, visitor_id) IN (SELECT started_at, visitor_id FROM gone);
