-- +goose Up

-- Who evaluates alerts. The term fences: only its holder may write. One row.
CREATE TABLE alert_lease (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    term    INTEGER NOT NULL, -- rises each time that the lease changes hands
    owner   TEXT    NOT NULL,
    expires INTEGER NOT NULL  -- Unix milliseconds
) STRICT;

-- Alerts, open and closed. Times are Unix milliseconds.
CREATE TABLE alert (
    alert_id   TEXT    NOT NULL PRIMARY KEY, -- sorts by opened_at
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    opened_at  INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    closed_at  INTEGER NOT NULL, -- 0 = open
    value      INTEGER NOT NULL,
    threshold  INTEGER NOT NULL,
    text       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
-- One open alert of a kind and a subject.
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE closed_at = 0;
CREATE INDEX alert_closed ON alert (closed_at); -- for pruning

-- What has to be told: one row for each step of an alert, as it was after it.
CREATE TABLE alert_notice (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL, -- Unix milliseconds
    step       TEXT    NOT NULL,
    alert_id   TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    opened_at  INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    closed_at  INTEGER NOT NULL,
    value      INTEGER NOT NULL,
    threshold  INTEGER NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
CREATE INDEX alert_notice_at ON alert_notice (at); -- for pruning

-- How notices fare with their receivers. A row comes with the first attempt.
CREATE TABLE alert_delivery (
    receiver     TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL, -- Unix milliseconds
    delivered_at INTEGER NOT NULL, -- 0 = not yet
    given_up     INTEGER NOT NULL CHECK (given_up IN (0, 1)),
    error        TEXT    NOT NULL, -- of the last attempt
    PRIMARY KEY (receiver, seq),
    FOREIGN KEY (seq) REFERENCES alert_notice (seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_delivery_seq ON alert_delivery (seq);

-- How products sell, for their reorder points.
CREATE TABLE demand (
    product_id TEXT    NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL, -- when the row was brought up to date, Unix milliseconds
    sold_until INTEGER NOT NULL, -- units sold until then
    mean       INTEGER NOT NULL, -- units a day, thousandths; -1 = not known yet
    variance   INTEGER NOT NULL, -- of units a day, thousandths
    low        INTEGER NOT NULL, -- reorder point, units
    critical   INTEGER NOT NULL  -- units
) STRICT, WITHOUT ROWID;
