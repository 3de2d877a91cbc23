-- How many customers have a profile.
SELECT count(*) FROM customer;
