-- Take dead letters of a topic out of the outbox of a task.
UPDATE dead_letter SET sent = true
WHERE family = $1 AND partition = $2 AND topic = $3 AND record_offset = ANY ($4::bigint[]);
