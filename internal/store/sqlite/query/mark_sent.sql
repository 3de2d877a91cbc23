-- Take dead letters out of the outbox.
WITH letter (family, topic, partition, record_offset) AS (
    VALUES (?, ?, ?, ?)
)
UPDATE dead_letter SET sent = 1
FROM letter
WHERE dead_letter.topic = letter.topic AND dead_letter.partition = letter.partition
  AND dead_letter.record_offset = letter.record_offset AND dead_letter.family = letter.family;
