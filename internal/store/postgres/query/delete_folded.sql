-- Remove the rows of a topic-partition that its newest row before @minute now
-- covers.
DELETE FROM ledger
WHERE family = @family AND partition = @partition AND topic = @topic AND minute < @minute
  AND to_offset < (
    SELECT max(to_offset) FROM ledger
    WHERE family = @family AND partition = @partition AND topic = @topic AND minute < @minute
  );
