-- Every committed position.
SELECT family, partition, topic, next_offset, last_hash, last_time
FROM input_offset WHERE next_offset > 0
ORDER BY family, partition, topic;
