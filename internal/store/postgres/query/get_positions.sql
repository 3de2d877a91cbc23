-- The committed positions of a task.
SELECT topic, next_offset, last_hash, last_time
FROM input_offset
WHERE family = $1 AND partition = $2 AND next_offset > 0;
