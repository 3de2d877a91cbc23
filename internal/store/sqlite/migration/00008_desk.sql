-- +goose Up

-- What processes say of themselves. Times are Unix milliseconds.
CREATE TABLE report (
    kind  TEXT    NOT NULL,
    owner TEXT    NOT NULL, -- the process
    at    INTEGER NOT NULL,
    until INTEGER NOT NULL, -- it holds until then
    body  TEXT    NOT NULL, -- JSON
    PRIMARY KEY (kind, owner)
) STRICT;

-- What processes ask each other for. Who takes it deletes it.
CREATE TABLE errand (
    kind    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    asked   INTEGER NOT NULL,
    until   INTEGER NOT NULL, -- not to be done later
    PRIMARY KEY (kind, subject)
) STRICT;
