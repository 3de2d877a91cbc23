-- Write alerts as they are now.
INSERT INTO alert (alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text)
SELECT alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
  AS given (alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text)
ON CONFLICT (alert_id) DO UPDATE
SET level = excluded.level, changed_at = excluded.changed_at, closed_at = excluded.closed_at,
    value = excluded.value, threshold = excluded.threshold, text = excluded.text;
