-- Add what has to be told.
INSERT INTO alert_notice (at, step, alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
