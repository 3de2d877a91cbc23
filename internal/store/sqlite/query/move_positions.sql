-- Move positions by compare-and-set: a row that is not at from_offset is left,
-- and missing in the number of changed rows. A topic never read (0) may begin
-- anywhere: its log may have been trimmed before this store knew it.
WITH span (family, partition, topic, from_offset, next_offset, last_hash, last_time, committed_at) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
)
UPDATE input_offset
SET next_offset = span.next_offset, last_hash = span.last_hash,
    last_time = span.last_time, committed_at = span.committed_at,
    minute = max(minute, span.committed_at / 60000)
FROM span
WHERE input_offset.family = span.family AND input_offset.partition = span.partition
  AND input_offset.topic = span.topic AND input_offset.next_offset IN (span.from_offset, 0);
