-- A name of a JSON array that is not stored.
SELECT value FROM json_each(?)
WHERE value NOT IN (SELECT name FROM snapshot_segment WHERE family = ? AND partition = ?)
LIMIT 1;
