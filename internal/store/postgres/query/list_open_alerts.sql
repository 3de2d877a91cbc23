-- Every open alert.
SELECT alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text
FROM alert
WHERE closed_at = 0
ORDER BY kind, subject;
