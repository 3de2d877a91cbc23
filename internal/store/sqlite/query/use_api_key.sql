-- Note when a key was last used.
UPDATE api_key SET last_used = :at WHERE key_id = :key AND last_used < :at;
