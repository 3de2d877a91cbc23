-- Findings of one visitor, otherwise as list_findings.sql.
SELECT event_id, rule, at, received_at, transaction_id, visitor_id, user_id, country, product_id, category, order_amount, value, expected, score, threshold, baseline
FROM finding
WHERE visitor_id = @visitor_id AND at >= @from AND (at, event_id, rule) < (@before, @event_id, @rule_id)
  AND (@rule = '' OR rule = @rule) AND (@country = '' OR country = @country) AND (@category = '' OR category = @category)
ORDER BY at DESC, event_id DESC, rule DESC
LIMIT @limit;
