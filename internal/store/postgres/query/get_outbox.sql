-- Dead letters of a task that the relay has not sent.
SELECT topic, partition, record_offset, record_time, reason, field, detail, key, value
FROM dead_letter
WHERE family = $1 AND partition = $2 AND NOT sent
ORDER BY topic, record_offset
LIMIT $3;
