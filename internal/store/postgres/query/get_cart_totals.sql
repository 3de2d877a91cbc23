-- Carts by status as of @as_of, of those whose last action is in [@from, @to).
-- The status is that of store.Cart.Status, as in list_carts.sql.
SELECT status, count(*), count(*) FILTER (WHERE checked_out), sum(quantity)::bigint, sum(value)::bigint
FROM (
    SELECT CASE
               WHEN cleared_at > 0 AND cleared_at <= @as_of AND (ordered_at = 0 OR ordered_at > cleared_at) THEN 'cleared'
               WHEN ordered_at > 0 AND ordered_at <= @as_of AND ordered_at < last_at + @idle THEN 'ordered'
               WHEN @as_of < last_at + @idle THEN 'active'
               WHEN quantity <= 0 THEN 'cleared'
               WHEN ordered_at > 0 AND ordered_at <= @as_of AND ordered_at <= last_at + @recovery THEN 'recovered'
               WHEN @as_of <= last_at + @recovery THEN 'abandoned'
               ELSE 'lost'
           END AS status,
           checkout_at > 0 AND checkout_at <= @as_of AS checked_out, greatest(quantity, 0) AS quantity, greatest(value, 0) AS value
    FROM cart
    WHERE last_at >= @from AND last_at < @to AND (@country = '' OR country = @country)
) AS judged
GROUP BY status;
