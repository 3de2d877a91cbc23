-- Alerts, newest first, before one; '' = all.
SELECT alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text
FROM alert
WHERE (:before = '' OR alert_id < :before) AND (:kind = '' OR kind = :kind)
  AND (:level = '' OR level = :level) AND opened_at >= :since AND (:open = 0 OR closed_at = 0)
ORDER BY alert_id DESC
LIMIT :limit;
