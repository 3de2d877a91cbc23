-- Every finding.
SELECT event_id, rule, at, received_at, transaction_id, visitor_id, user_id, country, product_id, category, order_amount, value, expected, score, threshold, baseline
FROM finding
ORDER BY event_id, rule;
