-- Revoke a key; one that is revoked stays so since it was.
UPDATE api_key SET revoked = CASE revoked WHEN 0 THEN @at ELSE revoked END WHERE key_id = @key;
