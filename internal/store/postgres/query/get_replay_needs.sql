-- What a restore may read again: a row for each topic-partition and kept
-- snapshot of its task, or one without a snapshot.
SELECT i.topic, i.partition, i.next_offset, s.generation IS NOT NULL, coalesce((s.offsets ->> i.topic)::bigint, 0)
FROM input_offset AS i LEFT JOIN snapshot AS s USING (family, partition)
ORDER BY i.topic, i.partition, s.generation;
