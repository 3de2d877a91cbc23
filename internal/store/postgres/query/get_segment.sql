-- The chunks of a segment.
SELECT data FROM snapshot_segment
WHERE family = $1 AND partition = $2 AND name = $3
ORDER BY chunk;
