-- Add a key of the API.
INSERT INTO api_key (key_id, name, scopes, hash, previous, previous_until, created, last_used, expires, revoked, event_limit)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);
