-- Move how far topic-partitions are read.
INSERT INTO input_offset AS have (family, partition, topic, next_offset, last_hash, last_time, committed_at, minute)
SELECT 'shopping', part, topic, last + 1, 0, newest, now_ms, now_ms / 60000
FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) AS given (topic, part, applied, duplicate, dead, too_old, first, last, newest),
     (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms) AS clock
ON CONFLICT (family, partition, topic) DO UPDATE
SET next_offset = excluded.next_offset, last_time = greatest(have.last_time, excluded.last_time), committed_at = excluded.committed_at, minute = excluded.minute;
