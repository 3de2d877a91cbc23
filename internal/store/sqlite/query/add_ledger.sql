-- Record spans whose positions have moved: a new row of the audit, or a longer
-- one if it ends where the span starts. Otherwise the number of changed rows is
-- short.
WITH span (family, partition, topic, epoch, from_offset, to_offset, applied, duplicate, dead, too_old) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)
INSERT INTO ledger (minute, family, partition, topic, epoch, from_offset, to_offset, applied, duplicate, dead, too_old)
SELECT minute, family, partition, topic, epoch, from_offset, to_offset, applied, duplicate, dead, too_old
FROM span JOIN input_offset USING (family, partition, topic)
WHERE true -- or ON CONFLICT would be read as the condition of the join
ON CONFLICT (minute, family, partition, topic, epoch) DO UPDATE
SET to_offset = excluded.to_offset,
    applied   = applied + excluded.applied,
    duplicate = duplicate + excluded.duplicate,
    dead      = dead + excluded.dead,
    too_old   = too_old + excluded.too_old
WHERE to_offset = excluded.from_offset;
