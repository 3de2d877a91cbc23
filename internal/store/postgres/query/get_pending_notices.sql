-- Notices that a receiver has neither got nor given up, oldest first.
SELECT n.seq, n.at, n.step, n.alert_id, n.kind, n.subject, n.level, n.opened_at, n.changed_at, n.closed_at, n.value, n.threshold, n.text,
       coalesce(d.attempts, 0), coalesce(d.last_at, 0), coalesce(d.error, '')
FROM alert_notice n LEFT JOIN alert_delivery d ON d.receiver = @receiver AND d.seq = n.seq
WHERE n.seq > (SELECT coalesce(max(p.seq), 0) FROM alert_notice p WHERE p.at < @since)
  AND coalesce(d.delivered_at, 0) = 0 AND NOT coalesce(d.given_up, false)
ORDER BY n.seq
LIMIT @limit;
