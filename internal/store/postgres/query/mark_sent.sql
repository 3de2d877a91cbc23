-- Take dead letters of a task out of the outbox.
UPDATE dead_letter SET sent = true
FROM unnest($3::text[], $4::bigint[]) AS letter (topic, record_offset)
WHERE dead_letter.family = $1 AND dead_letter.partition = $2
  AND dead_letter.topic = letter.topic AND dead_letter.record_offset = letter.record_offset;
