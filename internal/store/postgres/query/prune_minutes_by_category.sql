-- Remove the oldest minutes before @before, about @rows of them.
DELETE FROM sales_minute_category
WHERE start < @before AND start <= coalesce(
    (SELECT start FROM sales_minute_category WHERE start < @before ORDER BY start OFFSET @rows LIMIT 1),
    @before
);
