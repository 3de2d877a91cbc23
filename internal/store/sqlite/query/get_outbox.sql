-- Dead letters of a task that the relay has not sent.
SELECT topic, partition, record_offset, record_time, reason, field, detail, key, value
FROM dead_letter
WHERE family = ? AND partition = ? AND sent = 0
ORDER BY topic, record_offset
LIMIT ?;
