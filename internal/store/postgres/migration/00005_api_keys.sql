-- +goose Up

-- Keys of the API. Times are Unix milliseconds.
CREATE TABLE api_key (
    key_id         text    COLLATE "C" NOT NULL PRIMARY KEY,
    name           text    NOT NULL,
    scopes         text    NOT NULL, -- sorted, with a space between them
    hash           bytea   NOT NULL, -- SHA-256 of the secret
    previous       bytea   NOT NULL, -- of the one before the last rotation; zeros = none
    previous_until bigint  NOT NULL, -- it is right until then
    created        bigint  NOT NULL,
    last_used      bigint  NOT NULL, -- 0 = never
    expires        bigint  NOT NULL, -- 0 = never
    revoked        bigint  NOT NULL  -- 0 = it is not
);
