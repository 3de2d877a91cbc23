-- How many records that came at or after @since were refused, by hour and reason.
SELECT record_time - record_time % 3600000 AS start, reason, count(*)
FROM dead_letter
WHERE record_time >= @since
GROUP BY start, reason
ORDER BY start, reason;
