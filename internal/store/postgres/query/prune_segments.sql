-- Remove the segments that no kept snapshot names.
DELETE FROM snapshot_segment AS s
WHERE s.family = @family AND s.partition = @partition AND NOT EXISTS (
    SELECT 1 FROM snapshot
    WHERE snapshot.family = @family AND snapshot.partition = @partition AND s.name = ANY (snapshot.segments)
);
