-- Note what was read and what became of it, a row for each minute and topic-partition.
INSERT INTO ledger AS have (minute, family, partition, topic, epoch, from_offset, to_offset, applied, duplicate, dead, too_old)
SELECT floor(extract(epoch FROM clock_timestamp()) / 60)::bigint, 'shopping', part, topic, 0, first, last + 1, applied, duplicate, dead, too_old
FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) AS given (topic, part, applied, duplicate, dead, too_old, first, last, newest)
ON CONFLICT (minute, family, partition, topic, epoch) DO UPDATE
SET from_offset = least(have.from_offset, excluded.from_offset), to_offset = excluded.to_offset, applied = have.applied + excluded.applied,
    duplicate = have.duplicate + excluded.duplicate, dead = have.dead + excluded.dead, too_old = have.too_old + excluded.too_old;
