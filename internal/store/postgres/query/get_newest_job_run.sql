-- The run of a job that was started last.
SELECT run_id, job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error, stages
FROM job_run
WHERE job = $1
ORDER BY run_id DESC
LIMIT 1;
