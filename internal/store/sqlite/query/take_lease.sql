-- Take the lease, or make one's own longer. No row comes back if somebody else holds it.
INSERT INTO alert_lease (id, term, owner, expires)
VALUES (1, 1, :owner, :expires)
ON CONFLICT (id) DO UPDATE
SET term = term + (owner <> excluded.owner OR expires < :now), owner = excluded.owner, expires = excluded.expires
WHERE owner = excluded.owner OR expires < :now
RETURNING term;
