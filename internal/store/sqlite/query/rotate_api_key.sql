-- Give a key that is not revoked another secret; the one before stays right for a while.
UPDATE api_key SET previous = hash, previous_until = :until, hash = :hash WHERE key_id = :key AND revoked = 0;
