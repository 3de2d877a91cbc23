-- Remove the oldest sessions that started before @before, about @rows of them.
DELETE FROM session
WHERE started_at < @before AND started_at <= coalesce(
    (SELECT started_at FROM session WHERE started_at < @before ORDER BY started_at OFFSET @rows LIMIT 1),
    @before
);
