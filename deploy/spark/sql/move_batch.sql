-- Note the batch that is being written.
UPDATE spark_batch SET batch = ? WHERE id = 1;
