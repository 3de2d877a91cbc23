-- A name that is not stored.
SELECT name FROM unnest($1::text[]) AS named (name)
WHERE NOT EXISTS (
    SELECT 1 FROM snapshot_segment AS s WHERE s.family = $2 AND s.partition = $3 AND s.name = named.name
)
LIMIT 1;
