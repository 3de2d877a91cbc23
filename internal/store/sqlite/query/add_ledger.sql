-- Record spans in the audit: a new row, or a longer one if it ends where the
-- span starts. Otherwise the number of changed rows is short.
INSERT INTO ledger (minute, family, partition, topic, epoch, from_offset, to_offset, applied, duplicate, dead, too_old)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (minute, family, partition, topic, epoch) DO UPDATE
SET to_offset = excluded.to_offset,
    applied   = applied + excluded.applied,
    duplicate = duplicate + excluded.duplicate,
    dead      = dead + excluded.dead,
    too_old   = too_old + excluded.too_old
WHERE to_offset = excluded.from_offset;
