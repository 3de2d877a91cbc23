-- Every baseline.
SELECT category, measure, partition, version, from_at, samples, median, spread
FROM baseline
ORDER BY category, measure, partition, version;
