-- Dead letters, those of the newest records first, before (@before, @before_topic, @before_partition, @before_offset); '' = all.
SELECT topic, partition, record_offset, record_time, reason, field, detail, key, value
FROM dead_letter
WHERE (record_time, topic, partition, record_offset) < (@before, @before_topic, @before_partition, @before_offset)
  AND (@topic = '' OR topic = @topic) AND (@reason = '' OR reason = @reason)
ORDER BY record_time DESC, topic DESC, partition DESC, record_offset DESC
LIMIT @limit;
