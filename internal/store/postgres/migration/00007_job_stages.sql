-- +goose Up

-- What a run made of each table, as JSON; '' = not known.
ALTER TABLE job_run ADD COLUMN stages text NOT NULL DEFAULT '';
