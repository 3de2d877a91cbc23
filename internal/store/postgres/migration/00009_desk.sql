-- +goose Up

-- What processes say of themselves. Times are Unix milliseconds.
CREATE TABLE report (
    kind  text   COLLATE "C" NOT NULL,
    owner text   COLLATE "C" NOT NULL, -- the process
    at    bigint NOT NULL,
    until bigint NOT NULL, -- it holds until then
    body  text   NOT NULL, -- JSON
    PRIMARY KEY (kind, owner)
) WITH (fillfactor = 10);

-- What processes ask each other for. Who takes it deletes it.
CREATE TABLE errand (
    kind    text   COLLATE "C" NOT NULL,
    subject text   COLLATE "C" NOT NULL,
    asked   bigint NOT NULL,
    until   bigint NOT NULL, -- not to be done later
    PRIMARY KEY (kind, subject)
);
