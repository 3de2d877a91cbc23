package postgres

import _ "embed"

// The statements of the batch jobs.
var (
	//go:embed query/lead_schedule.sql
	leadSchedule string
	//go:embed query/hold_schedule.sql
	holdSchedule string
	//go:embed query/lock_job_runs.sql
	lockJobRuns string
	//go:embed query/lose_job_runs.sql
	loseJobRuns string
	//go:embed query/get_running_job.sql
	getRunningJob string
	//go:embed query/start_job_run.sql
	startJobRun string
	//go:embed query/keep_job_run.sql
	keepJobRun string
	//go:embed query/finish_job_run.sql
	finishJobRun string
	//go:embed query/get_last_job_run.sql
	getLastJobRun string
	//go:embed query/get_done_job_run.sql
	getDoneJobRun string
	//go:embed query/get_newest_job_run.sql
	getNewestJobRun string
	//go:embed query/list_job_runs.sql
	listJobRuns string
	//go:embed query/prune_job_runs.sql
	pruneJobRuns string
)
