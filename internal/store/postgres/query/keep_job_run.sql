-- Note that the owner of a run that is under way is alive.
UPDATE job_run SET until = @until WHERE run_id = @run AND status = 'running';
