-- Remove sessions that turned out to be none. Each is looked up by itself, which
-- OFFSET 0 sees to: a plan made while there were no sessions would read all of them.
DELETE FROM session
WHERE ctid = ANY (ARRAY(
    SELECT found.place
    FROM unnest($1::bigint[], $2::text[]) AS gone (started_at, visitor_id)
        CROSS JOIN LATERAL (
            SELECT s.ctid AS place FROM session AS s
            WHERE s.started_at = gone.started_at AND s.visitor_id = gone.visitor_id
            OFFSET 0
        ) AS found
));
