-- One dead letter.
SELECT topic, partition, record_offset, record_time, reason, field, detail, key, value
FROM dead_letter
WHERE topic = @topic AND partition = @partition AND record_offset = @offset;
