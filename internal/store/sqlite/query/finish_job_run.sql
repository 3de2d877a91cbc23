-- Note how a run that is under way ended.
UPDATE job_run
SET due = :due, status = :status, finished = :finished, rows_in = :rows_in, rows_out = :rows_out, bytes = :bytes, engine = :engine, error = :error, stages = :stages
WHERE run_id = :run AND status = 'running';
