-- Replace baselines.
INSERT INTO baseline (category, measure, partition, version, from_at, samples, median, spread)
SELECT category, measure, partition, version, from_at, samples, median, spread
FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
  AS given (category, measure, partition, version, from_at, samples, median, spread)
ON CONFLICT (category, measure, partition, version) DO UPDATE
SET from_at = excluded.from_at, samples = excluded.samples, median = excluded.median, spread = excluded.spread;
