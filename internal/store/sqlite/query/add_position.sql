-- Create the position of a topic that the task has never read.
INSERT INTO input_offset (family, partition, topic, next_offset, last_hash, last_time, committed_at, minute)
VALUES (?, ?, ?, 0, 0, 0, 0, 0)
ON CONFLICT (family, partition, topic) DO NOTHING;
