-- All keys of the API, the oldest first.
SELECT key_id, name, scopes, hash, previous, previous_until, created, last_used, expires, revoked, event_limit
FROM api_key
ORDER BY created, key_id;
