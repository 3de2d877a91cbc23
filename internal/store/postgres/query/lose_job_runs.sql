-- Mark runs as failed whose owner lost the lead, or said nothing for too long.
UPDATE job_run
SET status = 'failed', finished = @now, error = 'its process ended, or stood still, before it was done: ' || owner
WHERE status = 'running' AND (until < @now OR epoch > 0 AND epoch < (SELECT epoch FROM schedule_lease))
RETURNING run_id, job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error, stages;
