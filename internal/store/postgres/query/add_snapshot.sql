-- Publish a snapshot. Its state follows in the same transaction.
INSERT INTO snapshot (family, partition, generation, rules, offsets, segments, state_bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7);
