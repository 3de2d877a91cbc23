-- Delete alerts that were closed before a time.
DELETE FROM alert WHERE alert_id IN (SELECT alert_id FROM alert WHERE closed_at > 0 AND closed_at < @before LIMIT @rows);
