-- Write how a notice fares.
INSERT INTO alert_delivery (receiver, seq, attempts, last_at, delivered_at, given_up, error)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (receiver, seq) DO UPDATE
SET attempts = excluded.attempts, last_at = excluded.last_at, delivered_at = excluded.delivered_at,
    given_up = excluded.given_up, error = excluded.error;
