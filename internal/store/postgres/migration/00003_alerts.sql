-- +goose Up

-- Who evaluates alerts. The term fences: only its holder may write. One row.
CREATE TABLE alert_lease (
    id      integer NOT NULL PRIMARY KEY CHECK (id = 1),
    term    bigint  NOT NULL, -- rises each time that the lease changes hands
    owner   text    COLLATE "C" NOT NULL,
    expires bigint  NOT NULL  -- Unix milliseconds
) WITH (fillfactor = 10);

-- Alerts, open and closed. Times are Unix milliseconds.
CREATE TABLE alert (
    alert_id   text   COLLATE "C" NOT NULL PRIMARY KEY, -- sorts by opened_at
    kind       text   COLLATE "C" NOT NULL,
    subject    text   COLLATE "C" NOT NULL,
    level      text   COLLATE "C" NOT NULL,
    opened_at  bigint NOT NULL,
    changed_at bigint NOT NULL,
    closed_at  bigint NOT NULL, -- 0 = open
    value      bigint NOT NULL,
    threshold  bigint NOT NULL,
    text       text   NOT NULL
);
-- One open alert of a kind and a subject.
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE closed_at = 0;
CREATE INDEX alert_closed ON alert (closed_at); -- for pruning

-- What has to be told: one row for each step of an alert, as it was after it. Only
-- the holder of the lease adds some, so they are seen in the order of seq.
CREATE TABLE alert_notice (
    seq        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at         bigint NOT NULL, -- Unix milliseconds
    step       text   NOT NULL,
    alert_id   text   NOT NULL,
    kind       text   NOT NULL,
    subject    text   NOT NULL,
    level      text   NOT NULL,
    opened_at  bigint NOT NULL,
    changed_at bigint NOT NULL,
    closed_at  bigint NOT NULL,
    value      bigint NOT NULL,
    threshold  bigint NOT NULL,
    text       text   NOT NULL
);
CREATE INDEX alert_notice_at ON alert_notice (at); -- for pruning

-- How notices fare with their receivers. A row comes with the first attempt.
CREATE TABLE alert_delivery (
    receiver     text    COLLATE "C" NOT NULL,
    seq          bigint  NOT NULL REFERENCES alert_notice (seq) ON DELETE CASCADE,
    attempts     bigint  NOT NULL,
    last_at      bigint  NOT NULL, -- Unix milliseconds
    delivered_at bigint  NOT NULL, -- 0 = not yet
    given_up     boolean NOT NULL,
    error        text    NOT NULL, -- of the last attempt
    PRIMARY KEY (receiver, seq)
);
CREATE INDEX alert_delivery_seq ON alert_delivery (seq);

-- How products sell, for their reorder points.
CREATE TABLE demand (
    product_id text   COLLATE "C" NOT NULL PRIMARY KEY,
    at         bigint NOT NULL, -- when the row was brought up to date, Unix milliseconds
    sold_until bigint NOT NULL, -- units sold until then
    mean       bigint NOT NULL, -- units a day, thousandths; -1 = not known yet
    variance   bigint NOT NULL, -- of units a day, thousandths
    low        bigint NOT NULL, -- reorder point, units
    critical   bigint NOT NULL  -- units
);
