-- Of a job's runs that answer its timetable the last attempt at what was due last.
SELECT run_id, job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error, stages
FROM job_run
WHERE job = ? AND due > 0
ORDER BY due DESC, run_id DESC
LIMIT 1;
