-- Remove the segments that no kept snapshot names. A damaged one cannot be
-- restored and needs none.
DELETE FROM snapshot_segment
WHERE family = :family AND partition = :partition AND name NOT IN (
    SELECT named.value FROM snapshot, json_each(iif(json_valid(snapshot.segments), snapshot.segments, '[]')) AS named
    WHERE snapshot.family = :family AND snapshot.partition = :partition
);
