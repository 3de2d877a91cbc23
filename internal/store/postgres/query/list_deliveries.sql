-- How notices fare, newest first.
SELECT receiver, seq, attempts, last_at, delivered_at, given_up, error
FROM alert_delivery
ORDER BY seq DESC, receiver
LIMIT @limit;
