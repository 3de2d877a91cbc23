-- Extend the newest row of a topic-partition before @minute over all rows before
-- it, if they are contiguous: a gap or an overlap stays as it is, to be found.
UPDATE ledger
SET from_offset = old.from_offset, applied = old.applied, duplicate = old.duplicate, dead = old.dead, too_old = old.too_old
FROM (
    SELECT min(from_offset) AS from_offset, max(to_offset) AS to_offset,
           sum(applied)::bigint AS applied, sum(duplicate)::bigint AS duplicate, sum(dead)::bigint AS dead, sum(too_old)::bigint AS too_old
    FROM ledger
    WHERE family = @family AND partition = @partition AND topic = @topic AND minute < @minute
    HAVING count(*) > 1 AND min(to_offset - from_offset) > 0 AND sum(to_offset - from_offset) = max(to_offset) - min(from_offset)
) AS old
WHERE family = @family AND partition = @partition AND topic = @topic AND minute < @minute
  AND ledger.to_offset = old.to_offset;
