-- Carts by status as of :as_of, of those whose last action is in [:from, :to).
-- The status is that of store.Cart.Status, as in list_carts.sql. Grouping by it
-- would sort all of them.
SELECT count(*) FILTER (WHERE status = 'active'), coalesce(sum(checked_out) FILTER (WHERE status = 'active'), 0),
       coalesce(sum(quantity) FILTER (WHERE status = 'active'), 0), coalesce(sum(value) FILTER (WHERE status = 'active'), 0),
       count(*) FILTER (WHERE status = 'ordered'), coalesce(sum(checked_out) FILTER (WHERE status = 'ordered'), 0),
       coalesce(sum(quantity) FILTER (WHERE status = 'ordered'), 0), coalesce(sum(value) FILTER (WHERE status = 'ordered'), 0),
       count(*) FILTER (WHERE status = 'abandoned'), coalesce(sum(checked_out) FILTER (WHERE status = 'abandoned'), 0),
       coalesce(sum(quantity) FILTER (WHERE status = 'abandoned'), 0), coalesce(sum(value) FILTER (WHERE status = 'abandoned'), 0),
       count(*) FILTER (WHERE status = 'recovered'), coalesce(sum(checked_out) FILTER (WHERE status = 'recovered'), 0),
       coalesce(sum(quantity) FILTER (WHERE status = 'recovered'), 0), coalesce(sum(value) FILTER (WHERE status = 'recovered'), 0),
       count(*) FILTER (WHERE status = 'lost'), coalesce(sum(checked_out) FILTER (WHERE status = 'lost'), 0),
       coalesce(sum(quantity) FILTER (WHERE status = 'lost'), 0), coalesce(sum(value) FILTER (WHERE status = 'lost'), 0),
       count(*) FILTER (WHERE status = 'cleared'), coalesce(sum(checked_out) FILTER (WHERE status = 'cleared'), 0),
       coalesce(sum(quantity) FILTER (WHERE status = 'cleared'), 0), coalesce(sum(value) FILTER (WHERE status = 'cleared'), 0)
FROM (
    SELECT CASE
               WHEN cleared_at > 0 AND cleared_at <= :as_of AND (ordered_at = 0 OR ordered_at > cleared_at) THEN 'cleared'
               WHEN ordered_at > 0 AND ordered_at <= :as_of AND ordered_at < last_at + :idle THEN 'ordered'
               WHEN :as_of < last_at + :idle THEN 'active'
               WHEN quantity <= 0 THEN 'cleared'
               WHEN ordered_at > 0 AND ordered_at <= :as_of AND ordered_at <= last_at + :recovery THEN 'recovered'
               WHEN :as_of <= last_at + :recovery THEN 'abandoned'
               ELSE 'lost'
           END AS status,
           checkout_at > 0 AND checkout_at <= :as_of AS checked_out, max(quantity, 0) AS quantity, max(value, 0) AS value
    FROM cart
    WHERE last_at >= :from AND last_at < :to AND (:country = '' OR country = :country)
    LIMIT -1 -- so that the status is worked out once for all of the sums
);
