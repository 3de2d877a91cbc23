-- +goose Up

-- Who starts the batch jobs when they are due. The epoch fences. One row.
CREATE TABLE schedule_lease (
    id      integer NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch   bigint  NOT NULL, -- rises each time that the lease changes hands
    owner   text    COLLATE "C" NOT NULL,
    expires bigint  NOT NULL  -- Unix milliseconds
) WITH (fillfactor = 10);

-- Runs of batch jobs. Times are Unix milliseconds.
CREATE TABLE job_run (
    run_id   bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    job      text   COLLATE "C" NOT NULL,
    date     text   COLLATE "C" NOT NULL, -- yyyy-mm-dd
    due      bigint NOT NULL, -- the time of the timetable that it answers; 0 = none
    attempt  bigint NOT NULL,
    epoch    bigint NOT NULL, -- of the lease; 0 = started by hand
    owner    text   NOT NULL,
    status   text   COLLATE "C" NOT NULL CHECK (status IN ('running', 'done', 'failed', 'stopped')),
    started  bigint NOT NULL,
    until    bigint NOT NULL, -- its owner is taken for dead if it says nothing until then
    finished bigint NOT NULL, -- 0 = under way
    rows_in  bigint NOT NULL,
    rows_out bigint NOT NULL,
    bytes    bigint NOT NULL,
    engine   text   NOT NULL,
    error    text   NOT NULL
);
CREATE UNIQUE INDEX job_run_under_way ON job_run (status) WHERE status = 'running';
CREATE INDEX job_run_due ON job_run (job, due);
CREATE INDEX job_run_done ON job_run (job, date) WHERE status = 'done';
CREATE INDEX job_run_started ON job_run (started); -- for pruning
