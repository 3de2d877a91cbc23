-- +goose Up

-- Events a second that a key may send; 0 = what the ingest allows.
ALTER TABLE api_key ADD COLUMN event_limit INTEGER NOT NULL DEFAULT 0;
