-- Remove a segment, before it is stored again.
DELETE FROM snapshot_segment WHERE family = $1 AND partition = $2 AND name = $3;
