-- +goose Up

-- Texts are compared byte by byte, as everywhere in GlobalMart, whatever the
-- collation of the database is: lists have one order, and indexes on ids are
-- quick. Rows that every commit changes get room in their pages, so that an
-- update stays in its page and touches no index.

-- Who owns a task. The epoch fences: only its holder may write for the task. It is
-- part of a key so that raising it takes the strongest lock on the row: a claim
-- waits for commits and snapshots of the earlier owner, which do not wait for each
-- other.
CREATE TABLE task (
    family     text    COLLATE "C" NOT NULL,
    partition  integer NOT NULL CHECK (partition >= 0),
    epoch      bigint  NOT NULL CHECK (epoch >= 1), -- raised by every claim
    owner      text    NOT NULL,                    -- for people
    claimed_at bigint  NOT NULL,                    -- Unix milliseconds
    PRIMARY KEY (family, partition),
    UNIQUE (family, partition, epoch)
);

-- How far each topic-partition is applied. A claim creates the rows at 0.
CREATE TABLE input_offset (
    family       text    COLLATE "C" NOT NULL,
    partition    integer NOT NULL,
    topic        text    COLLATE "C" NOT NULL,
    next_offset  bigint  NOT NULL CHECK (next_offset >= 0), -- first record not applied; 0 = never read
    last_hash    bigint  NOT NULL, -- hash of the record before next_offset, its 64 bits as a signed number
    last_time    bigint  NOT NULL, -- highest record time applied, Unix milliseconds
    committed_at bigint  NOT NULL, -- when the row was last moved, Unix milliseconds
    minute       bigint  NOT NULL, -- of its last ledger row, Unix minutes; does not fall if the clock is set back
    PRIMARY KEY (family, partition, topic),
    FOREIGN KEY (family, partition) REFERENCES task (family, partition)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- What was committed, for the audit: one row per topic-partition, epoch and
-- minute. Commits of the same minute extend the row if it ends where they
-- start, so a day has at most 1,440 rows per topic-partition and epoch, however
-- many commits a second.
CREATE TABLE ledger (
    minute      bigint  NOT NULL, -- Unix minutes of the commit
    family      text    COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    topic       text    COLLATE "C" NOT NULL,
    epoch       bigint  NOT NULL,
    from_offset bigint  NOT NULL,
    to_offset   bigint  NOT NULL CHECK (to_offset >= from_offset), -- exclusive
    applied     bigint  NOT NULL, -- records, one disposition each
    duplicate   bigint  NOT NULL,
    dead        bigint  NOT NULL,
    too_old     bigint  NOT NULL,
    PRIMARY KEY (minute, family, partition, topic, epoch)
) WITH (fillfactor = 50);

-- Records that could not be taken. Those not sent are the outbox of the relay to
-- the dead letter topic.
CREATE TABLE dead_letter (
    topic         text    COLLATE "C" NOT NULL,
    partition     integer NOT NULL,
    record_offset bigint  NOT NULL,
    family        text    COLLATE "C" NOT NULL,
    record_time   bigint  NOT NULL, -- Unix milliseconds
    reason        text    NOT NULL,
    field         text    NOT NULL, -- JSON name, may be empty
    detail        text    NOT NULL,
    key           bytea,            -- NULL if the record had none
    value         bytea,
    sent          boolean NOT NULL DEFAULT false,
    PRIMARY KEY (topic, partition, record_offset)
);
CREATE INDEX dead_letter_outbox ON dead_letter (family, partition, topic, record_offset) WHERE NOT sent;

-- The kept snapshots of each task's state, at most two.
CREATE TABLE snapshot (
    family      text    COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    generation  bigint  NOT NULL,
    rules       bigint  NOT NULL, -- version of the rules
    offsets     jsonb   NOT NULL, -- object: topic to next offset
    segments    text[]  COLLATE "C" NOT NULL, -- names in snapshot_segment
    state_bytes bigint  NOT NULL, -- length of the state over its chunks
    PRIMARY KEY (family, partition, generation),
    FOREIGN KEY (family, partition) REFERENCES task (family, partition)
);

-- The states, cut into rows of at most 8 MB. They are random to a compressor.
CREATE TABLE snapshot_state (
    family     text    COLLATE "C" NOT NULL,
    partition  integer NOT NULL,
    generation bigint  NOT NULL,
    chunk      integer NOT NULL, -- 0, 1, ...
    data       bytea   STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (family, partition, generation, chunk),
    FOREIGN KEY (family, partition, generation) REFERENCES snapshot (family, partition, generation) ON DELETE CASCADE
);

-- Parts of states that do not change any more, cut likewise. Several snapshots
-- may name one segment.
CREATE TABLE snapshot_segment (
    family    text    COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    name      text    COLLATE "C" NOT NULL,
    chunk     integer NOT NULL,
    data      bytea   STORAGE EXTERNAL NOT NULL, -- of the empty segment: one empty row
    PRIMARY KEY (family, partition, name, chunk),
    FOREIGN KEY (family, partition) REFERENCES task (family, partition)
);

-- Sales by minute and country. part is the partition of the task that wrote
-- the row, so that two processes never write one row; readers sum. Amounts are
-- minor units of the reporting currency.
CREATE TABLE sales_minute_country (
    start          bigint  NOT NULL, -- first instant of the minute, Unix milliseconds
    country        text    COLLATE "C" NOT NULL, -- ISO 3166-1 alpha-2
    part           integer NOT NULL,
    orders         bigint  NOT NULL,
    units          bigint  NOT NULL,
    revenue        bigint  NOT NULL, -- minor units
    refunds        bigint  NOT NULL,
    units_returned bigint  NOT NULL,
    refunded       bigint  NOT NULL, -- minor units
    tax            bigint  NOT NULL, -- minor units
    shipping       bigint  NOT NULL, -- minor units
    PRIMARY KEY (start, country, part)
) WITH (fillfactor = 70);

-- Sales by minute and category. An order counts once in every category it
-- touches.
CREATE TABLE sales_minute_category (
    start          bigint  NOT NULL, -- first instant of the minute, Unix milliseconds
    category       text    COLLATE "C" NOT NULL,
    part           integer NOT NULL,
    orders         bigint  NOT NULL,
    units          bigint  NOT NULL,
    revenue        bigint  NOT NULL, -- minor units
    refunds        bigint  NOT NULL,
    units_returned bigint  NOT NULL,
    refunded       bigint  NOT NULL, -- minor units
    tax            bigint  NOT NULL, -- minor units
    shipping       bigint  NOT NULL, -- minor units
    PRIMARY KEY (start, category, part)
) WITH (fillfactor = 70);

-- Sales by hour: with category '' by country, otherwise by country and
-- category. Every question has one category (or ''), which leads the key.
CREATE TABLE sales_hour (
    start          bigint  NOT NULL, -- first instant of the hour, Unix milliseconds
    country        text    COLLATE "C" NOT NULL, -- ISO 3166-1 alpha-2
    category       text    COLLATE "C" NOT NULL, -- '' = all
    part           integer NOT NULL,
    orders         bigint  NOT NULL,
    units          bigint  NOT NULL,
    revenue        bigint  NOT NULL, -- minor units
    refunds        bigint  NOT NULL,
    units_returned bigint  NOT NULL,
    refunded       bigint  NOT NULL, -- minor units
    tax            bigint  NOT NULL, -- minor units
    shipping       bigint  NOT NULL, -- minor units
    PRIMARY KEY (category, start, country, part)
) WITH (fillfactor = 70);

-- The latest value of each product: the one with the highest (version_at,
-- version_event).
CREATE TABLE product (
    product_id    text    COLLATE "C" NOT NULL PRIMARY KEY,
    version_at    bigint  NOT NULL, -- event time, Unix milliseconds
    version_event text    COLLATE "C" NOT NULL, -- event_id
    name          text    NOT NULL,
    brand         text    NOT NULL,
    category      text    NOT NULL,
    price         bigint  NOT NULL, -- minor units
    cost          bigint  NOT NULL, -- minor units
    active        boolean NOT NULL
);

-- The latest profile of each customer.
CREATE TABLE customer (
    user_id       text    COLLATE "C" NOT NULL PRIMARY KEY,
    version_at    bigint  NOT NULL, -- event time, Unix milliseconds
    version_event text    COLLATE "C" NOT NULL, -- event_id
    country       text    NOT NULL, -- ISO 3166-1 alpha-2
    registered_at bigint  NOT NULL, -- Unix milliseconds
    preferences   jsonb   NOT NULL  -- array of strings
);
