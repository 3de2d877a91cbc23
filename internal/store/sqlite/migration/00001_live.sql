-- +goose Up

-- Who owns a task. The epoch fences: only its holder may write for the task.
CREATE TABLE task (
    family     TEXT    NOT NULL,
    partition  INTEGER NOT NULL CHECK (partition >= 0),
    epoch      INTEGER NOT NULL CHECK (epoch >= 1), -- raised by every claim
    owner      TEXT    NOT NULL,                    -- for people
    claimed_at INTEGER NOT NULL,                    -- Unix milliseconds
    PRIMARY KEY (family, partition)
) STRICT, WITHOUT ROWID;

-- How far each topic-partition is applied. A claim creates the rows at 0.
CREATE TABLE input_offset (
    family       TEXT    NOT NULL,
    partition    INTEGER NOT NULL,
    topic        TEXT    NOT NULL,
    next_offset  INTEGER NOT NULL CHECK (next_offset >= 0), -- first record not applied; 0 = never read
    last_hash    INTEGER NOT NULL, -- hash of the record before next_offset, its 64 bits as a signed number
    last_time    INTEGER NOT NULL, -- highest record time applied, Unix milliseconds
    committed_at INTEGER NOT NULL, -- when the row was last moved, Unix milliseconds
    minute       INTEGER NOT NULL, -- of its last ledger row, Unix minutes; does not fall if the clock is set back
    PRIMARY KEY (family, partition, topic),
    FOREIGN KEY (family, partition) REFERENCES task (family, partition)
) STRICT, WITHOUT ROWID;

-- What was committed, for the audit: one row per topic-partition, epoch and
-- minute. Commits of the same minute extend the row if it ends where they
-- start, so a day has at most 1,440 rows per topic-partition and epoch, however
-- many commits a second. The minute leads the key so that one commit touches
-- neighbouring rows: a page or two instead of one per topic-partition.
CREATE TABLE ledger (
    minute      INTEGER NOT NULL, -- Unix minutes of the commit
    family      TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    topic       TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    from_offset INTEGER NOT NULL,
    to_offset   INTEGER NOT NULL CHECK (to_offset >= from_offset), -- exclusive
    applied     INTEGER NOT NULL, -- records, one disposition each
    duplicate   INTEGER NOT NULL,
    dead        INTEGER NOT NULL,
    too_old     INTEGER NOT NULL,
    PRIMARY KEY (minute, family, partition, topic, epoch)
) STRICT, WITHOUT ROWID;

-- Records that could not be taken. Those with sent = 0 are the outbox of the
-- relay to the dead letter topic.
CREATE TABLE dead_letter (
    topic         TEXT    NOT NULL,
    partition     INTEGER NOT NULL,
    record_offset INTEGER NOT NULL,
    family        TEXT    NOT NULL,
    record_time   INTEGER NOT NULL, -- Unix milliseconds
    reason        TEXT    NOT NULL,
    field         TEXT    NOT NULL, -- JSON name, may be empty
    detail        TEXT    NOT NULL,
    key           BLOB,             -- NULL if the record had none
    value         BLOB,
    sent          INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)),
    PRIMARY KEY (topic, partition, record_offset)
) STRICT;
CREATE INDEX dead_letter_outbox ON dead_letter (family, partition, topic, record_offset) WHERE sent = 0;

-- The kept snapshots of each task's state, at most two.
CREATE TABLE snapshot (
    family      TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    rules       INTEGER NOT NULL, -- version of the rules
    offsets     TEXT    NOT NULL, -- JSON object: topic to next offset
    segments    TEXT    NOT NULL, -- JSON array: names in snapshot_segment
    state_bytes INTEGER NOT NULL, -- length of the state over its chunks
    PRIMARY KEY (family, partition, generation),
    FOREIGN KEY (family, partition) REFERENCES task (family, partition)
) STRICT, WITHOUT ROWID;

-- The states, cut into rows of at most 8 MB.
CREATE TABLE snapshot_state (
    family     TEXT    NOT NULL,
    partition  INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    chunk      INTEGER NOT NULL, -- 0, 1, ...
    data       BLOB    NOT NULL,
    PRIMARY KEY (family, partition, generation, chunk),
    FOREIGN KEY (family, partition, generation) REFERENCES snapshot (family, partition, generation) ON DELETE CASCADE
) STRICT;

-- Parts of states that do not change any more, cut likewise. Several snapshots
-- may name one segment.
CREATE TABLE snapshot_segment (
    family    TEXT    NOT NULL,
    partition INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    chunk     INTEGER NOT NULL,
    data      BLOB    NOT NULL, -- of the empty segment: one empty row
    PRIMARY KEY (family, partition, name, chunk),
    FOREIGN KEY (family, partition) REFERENCES task (family, partition)
) STRICT;

-- Sales by minute and country. part is the partition of the task that wrote
-- the row, so that two processes never write one row; readers sum. Amounts are
-- minor units of the reporting currency.
CREATE TABLE sales_minute_country (
    start          INTEGER NOT NULL, -- first instant of the minute, Unix milliseconds
    country        TEXT    NOT NULL, -- ISO 3166-1 alpha-2
    part           INTEGER NOT NULL,
    orders         INTEGER NOT NULL,
    units          INTEGER NOT NULL,
    revenue        INTEGER NOT NULL, -- minor units
    refunds        INTEGER NOT NULL,
    units_returned INTEGER NOT NULL,
    refunded       INTEGER NOT NULL, -- minor units
    tax            INTEGER NOT NULL, -- minor units
    shipping       INTEGER NOT NULL, -- minor units
    PRIMARY KEY (start, country, part)
) STRICT, WITHOUT ROWID;

-- Sales by minute and category. An order counts once in every category it
-- touches.
CREATE TABLE sales_minute_category (
    start          INTEGER NOT NULL, -- first instant of the minute, Unix milliseconds
    category       TEXT    NOT NULL,
    part           INTEGER NOT NULL,
    orders         INTEGER NOT NULL,
    units          INTEGER NOT NULL,
    revenue        INTEGER NOT NULL, -- minor units
    refunds        INTEGER NOT NULL,
    units_returned INTEGER NOT NULL,
    refunded       INTEGER NOT NULL, -- minor units
    tax            INTEGER NOT NULL, -- minor units
    shipping       INTEGER NOT NULL, -- minor units
    PRIMARY KEY (start, category, part)
) STRICT, WITHOUT ROWID;

-- Sales by hour: with category '' by country, otherwise by country and
-- category.
CREATE TABLE sales_hour (
    start          INTEGER NOT NULL, -- first instant of the hour, Unix milliseconds
    country        TEXT    NOT NULL, -- ISO 3166-1 alpha-2
    category       TEXT    NOT NULL, -- '' = all
    part           INTEGER NOT NULL,
    orders         INTEGER NOT NULL,
    units          INTEGER NOT NULL,
    revenue        INTEGER NOT NULL, -- minor units
    refunds        INTEGER NOT NULL,
    units_returned INTEGER NOT NULL,
    refunded       INTEGER NOT NULL, -- minor units
    tax            INTEGER NOT NULL, -- minor units
    shipping       INTEGER NOT NULL, -- minor units
    PRIMARY KEY (start, country, category, part)
) STRICT, WITHOUT ROWID;
-- Every question has one category (or ''): without this, a year of one category
-- would be read through the hundred others. Only new hours touch it.
CREATE INDEX sales_hour_category ON sales_hour (category, start);

-- The latest value of each product: the one with the highest (version_at,
-- version_event).
CREATE TABLE product (
    product_id    TEXT    NOT NULL PRIMARY KEY,
    version_at    INTEGER NOT NULL, -- event time, Unix milliseconds
    version_event TEXT    NOT NULL, -- event_id
    name          TEXT    NOT NULL,
    brand         TEXT    NOT NULL,
    category      TEXT    NOT NULL,
    price         INTEGER NOT NULL, -- minor units
    cost          INTEGER NOT NULL, -- minor units
    active        INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The latest profile of each customer.
CREATE TABLE customer (
    user_id       TEXT    NOT NULL PRIMARY KEY,
    version_at    INTEGER NOT NULL, -- event time, Unix milliseconds
    version_event TEXT    NOT NULL, -- event_id
    country       TEXT    NOT NULL, -- ISO 3166-1 alpha-2
    registered_at INTEGER NOT NULL, -- Unix milliseconds
    preferences   TEXT    NOT NULL  -- JSON array of strings
) STRICT, WITHOUT ROWID;
