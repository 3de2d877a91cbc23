-- Every dead letter.
SELECT topic, partition, record_offset, record_time, reason, field, detail, key, value
FROM dead_letter
ORDER BY topic, partition, record_offset;
