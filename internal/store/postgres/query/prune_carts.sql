-- Remove the oldest carts whose last action was before @before, about @rows of them.
DELETE FROM cart
WHERE last_at < @before AND last_at <= coalesce(
    (SELECT last_at FROM cart WHERE last_at < @before ORDER BY last_at OFFSET @rows LIMIT 1),
    @before
);
