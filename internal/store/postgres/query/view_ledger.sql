-- The audit, in the order of the log.
SELECT family, partition, topic, epoch, minute, from_offset, to_offset, applied, duplicate, dead, too_old
FROM ledger
ORDER BY family, partition, topic, from_offset, to_offset, epoch, minute;
