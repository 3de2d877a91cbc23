-- Remove the segments that no kept snapshot names.
DELETE FROM snapshot_segment
WHERE family = :family AND partition = :partition AND name NOT IN (
    SELECT named.value FROM snapshot, json_each(snapshot.segments) AS named
    WHERE snapshot.family = :family AND snapshot.partition = :partition
);
