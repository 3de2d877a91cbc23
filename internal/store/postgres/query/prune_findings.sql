-- Remove the oldest findings of orders before @before, about @rows of them.
DELETE FROM finding
WHERE at < @before AND at <= coalesce(
    (SELECT at FROM finding WHERE at < @before ORDER BY at OFFSET @rows LIMIT 1),
    @before
);
