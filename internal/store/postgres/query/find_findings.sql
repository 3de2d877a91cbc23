-- Findings from a time on, oldest first.
SELECT event_id, rule, at, received_at, transaction_id, visitor_id, user_id, country, product_id, category, order_amount, value, expected, score, threshold, baseline
FROM finding
WHERE at >= @since
ORDER BY at, event_id, rule
LIMIT @limit;
