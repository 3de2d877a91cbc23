-- Replace a baseline.
INSERT OR REPLACE INTO baseline (category, measure, partition, version, from_at, samples, median, spread)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);
