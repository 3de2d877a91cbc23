-- Write what a process says of itself.
INSERT INTO report (kind, owner, at, until, body) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, owner) DO UPDATE SET at = excluded.at, until = excluded.until, body = excluded.body;
