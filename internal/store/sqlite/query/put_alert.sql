-- Write an alert as it is now.
INSERT INTO alert (alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (alert_id) DO UPDATE
SET level = excluded.level, changed_at = excluded.changed_at, closed_at = excluded.closed_at,
    value = excluded.value, threshold = excluded.threshold, text = excluded.text;
