-- +goose Up

-- Who starts the batch jobs when they are due. The epoch fences. One row.
CREATE TABLE schedule_lease (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch   INTEGER NOT NULL, -- rises each time that the lease changes hands
    owner   TEXT    NOT NULL,
    expires INTEGER NOT NULL  -- Unix milliseconds
) STRICT;

-- Runs of batch jobs. Times are Unix milliseconds.
CREATE TABLE job_run (
    run_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    job      TEXT    NOT NULL,
    date     TEXT    NOT NULL, -- yyyy-mm-dd
    due      INTEGER NOT NULL, -- the time of the timetable that it answers; 0 = none
    attempt  INTEGER NOT NULL,
    epoch    INTEGER NOT NULL, -- of the lease; 0 = started by hand
    owner    TEXT    NOT NULL,
    status   TEXT    NOT NULL CHECK (status IN ('running', 'done', 'failed', 'stopped')),
    started  INTEGER NOT NULL,
    until    INTEGER NOT NULL, -- its owner is taken for dead if it says nothing until then
    finished INTEGER NOT NULL, -- 0 = under way
    rows_in  INTEGER NOT NULL,
    rows_out INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    engine   TEXT    NOT NULL,
    error    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX job_run_under_way ON job_run (status) WHERE status = 'running';
CREATE INDEX job_run_due ON job_run (job, due);
CREATE INDEX job_run_done ON job_run (job, date) WHERE status = 'done';
CREATE INDEX job_run_started ON job_run (started); -- for pruning
