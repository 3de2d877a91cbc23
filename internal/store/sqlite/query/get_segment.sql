-- The chunks of a segment.
SELECT data FROM snapshot_segment
WHERE family = ? AND partition = ? AND name = ?
ORDER BY chunk;
