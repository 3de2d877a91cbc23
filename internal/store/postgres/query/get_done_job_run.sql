-- Of a job's runs that are done the last one of the latest date.
SELECT run_id, job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error, stages
FROM job_run
WHERE job = $1 AND status = 'done'
ORDER BY date DESC, run_id DESC
LIMIT 1;
