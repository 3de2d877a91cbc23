-- The dead letters that the relay has not sent.
SELECT topic, partition, record_offset, record_time, reason, field, detail, key, value
FROM dead_letter
WHERE NOT sent
ORDER BY topic, partition, record_offset;
