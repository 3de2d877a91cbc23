-- +goose Up

-- Movements of the stock of each product, units. A product has one row, that
-- all tasks add to: there is one writer at a time anyway, and so on hand is a
-- column that can be sorted by.
CREATE TABLE stock (
    product_id TEXT    NOT NULL PRIMARY KEY,
    initial    INTEGER NOT NULL, -- first counts
    restocked  INTEGER NOT NULL,
    adjusted   INTEGER NOT NULL, -- corrections, signed
    sold       INTEGER NOT NULL, -- by completed orders
    returned   INTEGER NOT NULL, -- by refunds whose goods go back into stock
    on_hand    INTEGER NOT NULL GENERATED ALWAYS AS (initial + restocked + adjusted - sold + returned) VIRTUAL
) STRICT, WITHOUT ROWID;
-- Answers what is lowest.
CREATE INDEX stock_on_hand ON stock (on_hand, product_id);

-- Sessions that are at rest. Those of one time are together: they are written
-- and read by it.
CREATE TABLE session (
    started_at INTEGER NOT NULL, -- of the first event, Unix milliseconds
    visitor_id TEXT    NOT NULL,
    ended_at   INTEGER NOT NULL, -- of the last event, Unix milliseconds
    events     INTEGER NOT NULL,
    views      INTEGER NOT NULL, -- product views
    adds       INTEGER NOT NULL, -- cart events that put something in
    checkouts  INTEGER NOT NULL,
    orders     INTEGER NOT NULL, -- completed
    units      INTEGER NOT NULL, -- of completed orders
    revenue    INTEGER NOT NULL, -- minor units of the reporting currency
    country    TEXT    NOT NULL, -- ISO 3166-1 alpha-2; '' = unknown
    device     TEXT    NOT NULL, -- '' = unknown
    user_id    TEXT    NOT NULL, -- '' = nobody known
    PRIMARY KEY (started_at, visitor_id)
) STRICT, WITHOUT ROWID;

-- Carts, one row an episode. Their status is derived when they are read. Times
-- are Unix milliseconds, 0 = never. Ids of carts are random, and so new rows are
-- kept together in the order of writing, and only the smaller index is spread.
CREATE TABLE cart (
    cart_id     TEXT    NOT NULL,
    episode     INTEGER NOT NULL, -- time of its first action in the order of the log
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    checkout_at INTEGER NOT NULL, -- the latest
    cleared_at  INTEGER NOT NULL,
    ordered_at  INTEGER NOT NULL, -- earliest at of the cart's rows in cart_order that is not before first_at; kept right by every write to either table
    actions     INTEGER NOT NULL,
    quantity    INTEGER NOT NULL, -- units in it, net
    value       INTEGER NOT NULL, -- minor units of the reporting currency, net
    country     TEXT    NOT NULL, -- ISO 3166-1 alpha-2; '' = unknown
    visitor_id  TEXT    NOT NULL,
    user_id     TEXT    NOT NULL, -- '' = nobody known
    PRIMARY KEY (cart_id, episode)
) STRICT;
-- All that a status needs, so that carts are counted and their values summed
-- without a look at their rows. New entries come at its end.
CREATE INDEX cart_last ON cart (last_at, ordered_at, cleared_at, checkout_at, quantity, value, country);

-- Completed orders that were made of carts.
CREATE TABLE cart_order (
    cart_id        TEXT    NOT NULL,
    transaction_id TEXT    NOT NULL,
    at             INTEGER NOT NULL, -- of the earliest event of the order, Unix milliseconds
    revenue        INTEGER NOT NULL, -- minor units of the reporting currency
    PRIMARY KEY (cart_id, transaction_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cart_order_at ON cart_order (at); -- for pruning

-- Orders that are unusual, one row for each rule that they broke.
CREATE TABLE finding (
    event_id       TEXT    NOT NULL, -- of the order
    rule           TEXT    NOT NULL,
    at             INTEGER NOT NULL, -- of the order, Unix milliseconds
    received_at    INTEGER NOT NULL, -- Unix milliseconds
    transaction_id TEXT    NOT NULL,
    visitor_id     TEXT    NOT NULL,
    user_id        TEXT    NOT NULL, -- '' = nobody known
    country        TEXT    NOT NULL, -- ISO 3166-1 alpha-2
    product_id     TEXT    NOT NULL, -- of the line; '' = the order as a whole
    category       TEXT    NOT NULL, -- of that line
    order_amount   INTEGER NOT NULL, -- minor units of the reporting currency
    value          INTEGER NOT NULL, -- what was judged, in the unit of the rule
    expected       INTEGER NOT NULL, -- what is usual, likewise
    score          INTEGER NOT NULL, -- thousandths
    threshold      INTEGER NOT NULL, -- thousandths
    baseline       TEXT    NOT NULL, -- its id; 'prior'; '' = none is needed
    PRIMARY KEY (event_id, rule)
) STRICT, WITHOUT ROWID;
-- Newest first, with what is filtered by. Findings are few.
CREATE INDEX finding_at ON finding (at, event_id, rule, country, category);
CREATE INDEX finding_visitor ON finding (visitor_id, at, event_id, rule);

-- What is usual in a category. Rows never change and are kept: findings name
-- them.
CREATE TABLE baseline (
    category  TEXT    NOT NULL,
    measure   TEXT    NOT NULL,
    partition INTEGER NOT NULL, -- of the task whose orders it was made from
    version   INTEGER NOT NULL, -- rises
    from_at   INTEGER NOT NULL, -- record time from which on it is in force, Unix milliseconds
    samples   INTEGER NOT NULL,
    median    INTEGER NOT NULL, -- in the unit of the measure
    spread    INTEGER NOT NULL, -- median absolute deviation of ln(x), thousandths
    PRIMARY KEY (category, measure, partition, version)
) STRICT, WITHOUT ROWID;

-- Sessions and carts of each task that no row is stored of yet.
CREATE TABLE open_state (
    part           INTEGER NOT NULL PRIMARY KEY, -- partition of the task
    sessions       INTEGER NOT NULL,
    session_events INTEGER NOT NULL,
    carts          INTEGER NOT NULL,
    cart_value     INTEGER NOT NULL, -- minor units of the reporting currency
    clock          INTEGER NOT NULL  -- task clock when it was counted, Unix milliseconds
) STRICT;
