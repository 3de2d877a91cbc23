-- Start no run beside this transaction: one is under way at most.
LOCK TABLE job_run IN SHARE ROW EXCLUSIVE MODE;
