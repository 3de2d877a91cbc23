-- Create the positions of topics that the task has never read.
INSERT INTO input_offset (family, partition, topic, next_offset, last_hash, last_time, committed_at, minute)
SELECT $1, $2, topic, 0, 0, 0, 0, 0 FROM unnest($3::text[]) AS given (topic)
ON CONFLICT (family, partition, topic) DO NOTHING;
