-- Keep @generation and the newest other one.
DELETE FROM snapshot
WHERE family = @family AND partition = @partition AND generation <> @generation
  AND generation < (
    SELECT max(generation) FROM snapshot
    WHERE family = @family AND partition = @partition AND generation <> @generation
  );
