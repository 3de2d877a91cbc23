-- How many dead letters there are, by topic and reason.
SELECT topic, reason, count(*)
FROM dead_letter
GROUP BY topic, reason
ORDER BY topic, reason;
