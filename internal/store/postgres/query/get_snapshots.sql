-- The kept snapshots with their states in chunks, newest first.
SELECT s.generation, s.rules, s.offsets, s.segments, s.state_bytes, c.data
FROM snapshot AS s LEFT JOIN snapshot_state AS c USING (family, partition, generation)
WHERE s.family = $1 AND s.partition = $2
ORDER BY s.generation DESC, c.chunk;
