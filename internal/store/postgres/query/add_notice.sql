-- Add what has to be told, in this order.
INSERT INTO alert_notice (at, step, alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text)
SELECT $1, step, alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[])
  WITH ORDINALITY AS given (step, alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text, place)
ORDER BY place;
