-- Carts by status as of :as_of, of those whose last action is in [:from, :to).
-- The status is that of store.Cart.Status, as in list_carts.sql.
SELECT CASE
           WHEN cleared_at > 0 AND cleared_at <= :as_of AND (ordered_at = 0 OR ordered_at > cleared_at) THEN 'cleared'
           WHEN ordered_at > 0 AND ordered_at <= :as_of AND ordered_at < last_at + :idle THEN 'ordered'
           WHEN :as_of < last_at + :idle THEN 'active'
           WHEN quantity <= 0 THEN 'cleared'
           WHEN ordered_at > 0 AND ordered_at <= :as_of AND ordered_at <= last_at + :recovery THEN 'recovered'
           WHEN :as_of <= last_at + :recovery THEN 'abandoned'
           ELSE 'lost'
       END AS status,
       count(*), count(*) FILTER (WHERE checkout_at > 0 AND checkout_at <= :as_of), sum(max(quantity, 0)), sum(max(value, 0))
FROM cart
WHERE last_at >= :from AND last_at < :to AND (:country = '' OR country = :country)
GROUP BY status;
