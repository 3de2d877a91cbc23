-- +goose Up

-- Keys of the API. Times are Unix milliseconds.
CREATE TABLE api_key (
    key_id         TEXT    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    scopes         TEXT    NOT NULL, -- sorted, with a space between them
    hash           BLOB    NOT NULL, -- SHA-256 of the secret
    previous       BLOB    NOT NULL, -- of the one before the last rotation; zeros = none
    previous_until INTEGER NOT NULL, -- it is right until then
    created        INTEGER NOT NULL,
    last_used      INTEGER NOT NULL, -- 0 = never
    expires        INTEGER NOT NULL, -- 0 = never
    revoked        INTEGER NOT NULL  -- 0 = it is not
) STRICT;
