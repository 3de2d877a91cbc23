-- Note when keys were last used.
UPDATE api_key SET last_used = used.at
FROM unnest($1::text[], $2::bigint[]) AS used (key_id, at)
WHERE api_key.key_id = used.key_id AND api_key.last_used < used.at;
