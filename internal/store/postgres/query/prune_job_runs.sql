-- Delete runs that began before a time, but for those that say how far a job is.
DELETE FROM job_run
WHERE run_id IN (
    SELECT run_id FROM job_run
    WHERE started < @before AND status <> 'running' AND run_id NOT IN (
        SELECT run_id
        FROM (SELECT run_id,
                     row_number() OVER (PARTITION BY job ORDER BY run_id DESC) AS newest,
                     row_number() OVER (PARTITION BY job, due > 0 ORDER BY due DESC, run_id DESC) AS last,
                     row_number() OVER (PARTITION BY job, status = 'done' ORDER BY date DESC, run_id DESC) AS done
              FROM job_run) AS ranked
        WHERE 1 IN (newest, last, done)
    )
    LIMIT @rows
);
