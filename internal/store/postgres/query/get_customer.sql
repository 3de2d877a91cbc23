-- The latest profile of a customer.
SELECT version_at, version_event, country, registered_at, preferences
FROM customer WHERE user_id = $1;
