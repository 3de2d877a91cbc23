-- Keep the earliest event of an order, whatever the order of arrival.
INSERT INTO cart_order (cart_id, transaction_id, at, revenue)
SELECT cart_id, transaction_id, at, revenue
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
  AS given (cart_id, transaction_id, at, revenue)
ON CONFLICT (cart_id, transaction_id) DO UPDATE
SET at = excluded.at, revenue = excluded.revenue
WHERE (excluded.at, excluded.revenue) < (cart_order.at, cart_order.revenue);
