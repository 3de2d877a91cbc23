-- Move positions by compare-and-set, and record what moved in the audit: a new row,
-- or a longer one if it ends where the span starts. A position that is not at
-- from_offset is left; then, and if the ledger ends elsewhere, the number of
-- changed rows is short. A topic never read (0) may begin anywhere: its log may
-- have been trimmed before this store knew it.
WITH moved AS (
    UPDATE input_offset
    SET next_offset = span.next_offset, last_hash = span.last_hash, last_time = span.last_time, committed_at = $1::bigint,
        minute = greatest(input_offset.minute, $1::bigint / 60000)
    FROM unnest($2::text[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])
      AS span (family, partition, topic, epoch, from_offset, next_offset, last_hash, last_time, applied, duplicate, dead, too_old)
    WHERE input_offset.family = span.family AND input_offset.partition = span.partition
      AND input_offset.topic = span.topic AND input_offset.next_offset IN (span.from_offset, 0)
    RETURNING input_offset.minute, span.family, span.partition, span.topic, span.epoch, span.from_offset, span.next_offset,
              span.applied, span.duplicate, span.dead, span.too_old
)
INSERT INTO ledger (minute, family, partition, topic, epoch, from_offset, to_offset, applied, duplicate, dead, too_old)
SELECT minute, family, partition, topic, epoch, from_offset, next_offset, applied, duplicate, dead, too_old FROM moved
ON CONFLICT (minute, family, partition, topic, epoch) DO UPDATE
SET to_offset = excluded.to_offset,
    applied   = ledger.applied + excluded.applied,
    duplicate = ledger.duplicate + excluded.duplicate,
    dead      = ledger.dead + excluded.dead,
    too_old   = ledger.too_old + excluded.too_old
WHERE ledger.to_offset = excluded.from_offset;
