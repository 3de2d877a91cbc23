-- Take the lease, or make one's own longer. No row comes back if somebody else holds it.
INSERT INTO alert_lease (id, term, owner, expires)
VALUES (1, 1, @owner, @expires)
ON CONFLICT (id) DO UPDATE
SET term = alert_lease.term + CASE WHEN alert_lease.owner <> excluded.owner OR alert_lease.expires < @now THEN 1 ELSE 0 END,
    owner = excluded.owner, expires = excluded.expires
WHERE alert_lease.owner = excluded.owner OR alert_lease.expires < @now
RETURNING term;
