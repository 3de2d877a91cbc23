-- Runs, those that were started last first, before one; 0 and '' = all.
SELECT run_id, job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error, stages
FROM job_run
WHERE (:before = 0 OR run_id < :before) AND (:job = '' OR job = :job)
ORDER BY run_id DESC
LIMIT :limit;
