-- Note that a run begins.
INSERT INTO job_run (job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error)
VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, $8, 0, 0, 0, 0, '', '')
RETURNING run_id;
