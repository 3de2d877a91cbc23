-- Note that a run begins.
INSERT INTO job_run (job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error)
VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, 0, 0, 0, 0, '', '')
RETURNING run_id;
