-- Carts whose last action is at or after @from, those that something was done to
-- last first, before (@before, @cart_id, @episode), of one status as of @as_of or
-- of any (''). The status is that of store.Cart.Status, as in get_cart_totals.sql.
SELECT cart_id, episode, first_at, last_at, checkout_at, cleared_at, ordered_at, actions, quantity, value, country, visitor_id, user_id
FROM cart
WHERE last_at >= @from AND (last_at, cart_id, episode) < (@before, @cart_id, @episode)
  AND (@country = '' OR country = @country)
  AND (@status = '' OR @status = CASE
           WHEN cleared_at > 0 AND cleared_at <= @as_of AND (ordered_at = 0 OR ordered_at > cleared_at) THEN 'cleared'
           WHEN ordered_at > 0 AND ordered_at <= @as_of AND ordered_at < last_at + @idle THEN 'ordered'
           WHEN @as_of < last_at + @idle THEN 'active'
           WHEN quantity <= 0 THEN 'cleared'
           WHEN ordered_at > 0 AND ordered_at <= @as_of AND ordered_at <= last_at + @recovery THEN 'recovered'
           WHEN @as_of <= last_at + @recovery THEN 'abandoned'
           ELSE 'lost'
       END)
ORDER BY last_at DESC, cart_id DESC, episode DESC
LIMIT @limit;
