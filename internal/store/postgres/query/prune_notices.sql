-- Delete notices from before a time, with their deliveries.
DELETE FROM alert_notice WHERE seq IN (SELECT seq FROM alert_notice WHERE at < @before LIMIT @rows);
