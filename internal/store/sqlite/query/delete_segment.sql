-- Remove a segment, before it is stored again.
DELETE FROM snapshot_segment WHERE family = ? AND partition = ? AND name = ?;
