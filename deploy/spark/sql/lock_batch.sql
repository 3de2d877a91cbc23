-- The last batch that is written. Who else writes waits.
SELECT batch FROM spark_batch WHERE id = 1 FOR UPDATE;
