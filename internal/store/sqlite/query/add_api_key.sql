-- Add a key of the API.
INSERT INTO api_key (key_id, name, scopes, hash, previous, previous_until, created, last_used, expires, revoked, event_limit)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
