-- Write what a process says of itself.
INSERT INTO report (kind, owner, at, until, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, owner) DO UPDATE SET at = excluded.at, until = excluded.until, body = excluded.body;
