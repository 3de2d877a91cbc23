-- Keep the latest profile of a customer, whatever the order of arrival.
INSERT INTO customer (user_id, version_at, version_event, country, registered_at, preferences)
SELECT user_id, version_at, version_event, country, registered_at, preferences::jsonb
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[])
  AS given (user_id, version_at, version_event, country, registered_at, preferences)
ON CONFLICT (user_id) DO UPDATE
SET version_at = excluded.version_at, version_event = excluded.version_event, country = excluded.country, registered_at = excluded.registered_at, preferences = excluded.preferences
WHERE (excluded.version_at, excluded.version_event) > (customer.version_at, customer.version_event);
