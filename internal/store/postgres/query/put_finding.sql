-- Replace findings.
INSERT INTO finding (event_id, rule, at, received_at, transaction_id, visitor_id, user_id, country, product_id, category, order_amount, value, expected, score, threshold, baseline)
SELECT event_id, rule, at, received_at, transaction_id, visitor_id, user_id, country, product_id, category, order_amount, value, expected, score, threshold, baseline
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[])
  AS given (event_id, rule, at, received_at, transaction_id, visitor_id, user_id, country, product_id, category, order_amount, value, expected, score, threshold, baseline)
ON CONFLICT (event_id, rule) DO UPDATE
SET at = excluded.at, received_at = excluded.received_at, transaction_id = excluded.transaction_id, visitor_id = excluded.visitor_id, user_id = excluded.user_id, country = excluded.country, product_id = excluded.product_id, category = excluded.category, order_amount = excluded.order_amount, value = excluded.value, expected = excluded.expected, score = excluded.score, threshold = excluded.threshold, baseline = excluded.baseline;
