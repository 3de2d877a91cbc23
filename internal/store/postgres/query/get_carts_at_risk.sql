-- The value of the carts that are abandoned as of @as_of, and how many they are:
-- last touched in [@from, @to], not empty, not ordered, not cleared.
SELECT coalesce(sum(greatest(value, 0)), 0)::bigint, count(*)
FROM cart
WHERE last_at >= @from AND last_at <= @to AND quantity > 0
  AND (ordered_at = 0 OR ordered_at > @as_of) AND (cleared_at = 0 OR cleared_at > @as_of);
