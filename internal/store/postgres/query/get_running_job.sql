-- The run that is under way.
SELECT run_id, job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error, stages
FROM job_run
WHERE status = 'running';
