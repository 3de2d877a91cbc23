-- +goose Up

-- Movements of the stock of each product, units. Tasks of several processes move
-- one product, so each has its row of it and readers sum: rows that all write would
-- make commits wait for each other.
CREATE TABLE stock (
    product_id text    COLLATE "C" NOT NULL,
    part       integer NOT NULL, -- partition of the task that wrote it, of the family reference as -1 - partition
    initial    bigint  NOT NULL, -- first counts
    restocked  bigint  NOT NULL,
    adjusted   bigint  NOT NULL, -- corrections, signed
    sold       bigint  NOT NULL, -- by completed orders
    returned   bigint  NOT NULL, -- by refunds whose goods go back into stock
    PRIMARY KEY (product_id, part)
) WITH (fillfactor = 80);

-- The same by product. bigint, because no sum of ours leaves its range.
CREATE VIEW stock_of_product AS
SELECT product_id, sum(initial)::bigint AS initial, sum(restocked)::bigint AS restocked, sum(adjusted)::bigint AS adjusted,
       sum(sold)::bigint AS sold, sum(returned)::bigint AS returned,
       sum(initial + restocked + adjusted - sold + returned)::bigint AS on_hand
FROM stock
GROUP BY product_id;

-- Sessions that are at rest. Those of one time are together: they are written
-- and read by it.
CREATE TABLE session (
    started_at bigint  NOT NULL, -- of the first event, Unix milliseconds
    visitor_id text    COLLATE "C" NOT NULL,
    ended_at   bigint  NOT NULL, -- of the last event, Unix milliseconds
    events     bigint  NOT NULL,
    views      bigint  NOT NULL, -- product views
    adds       bigint  NOT NULL, -- cart events that put something in
    checkouts  bigint  NOT NULL,
    orders     bigint  NOT NULL, -- completed
    units      bigint  NOT NULL, -- of completed orders
    revenue    bigint  NOT NULL, -- minor units of the reporting currency
    country    text    COLLATE "C" NOT NULL, -- ISO 3166-1 alpha-2; '' = unknown
    device     text    NOT NULL, -- '' = unknown
    user_id    text    NOT NULL, -- '' = nobody known
    PRIMARY KEY (started_at, visitor_id)
);

-- Carts, one row an episode. Their status is derived when they are read. Times
-- are Unix milliseconds, 0 = never.
CREATE TABLE cart (
    cart_id     text    COLLATE "C" NOT NULL,
    episode     bigint  NOT NULL, -- time of its first action in the order of the log
    first_at    bigint  NOT NULL,
    last_at     bigint  NOT NULL,
    checkout_at bigint  NOT NULL, -- the latest
    cleared_at  bigint  NOT NULL,
    ordered_at  bigint  NOT NULL, -- earliest at of the cart's rows in cart_order that is not before first_at; kept right by every write to either table
    actions     bigint  NOT NULL,
    quantity    bigint  NOT NULL, -- units in it, net
    value       bigint  NOT NULL, -- minor units of the reporting currency, net
    country     text    COLLATE "C" NOT NULL, -- ISO 3166-1 alpha-2; '' = unknown
    visitor_id  text    NOT NULL,
    user_id     text    NOT NULL, -- '' = nobody known
    PRIMARY KEY (cart_id, episode)
);
-- All that a status needs, so that carts are counted and their values summed
-- without a look at their rows. New entries come at its end.
CREATE INDEX cart_last ON cart (last_at) INCLUDE (ordered_at, cleared_at, checkout_at, quantity, value, country);

-- Completed orders that were made of carts.
CREATE TABLE cart_order (
    cart_id        text    COLLATE "C" NOT NULL,
    transaction_id text    COLLATE "C" NOT NULL,
    at             bigint  NOT NULL, -- of the earliest event of the order, Unix milliseconds
    revenue        bigint  NOT NULL, -- minor units of the reporting currency
    PRIMARY KEY (cart_id, transaction_id)
);
CREATE INDEX cart_order_at ON cart_order (at); -- for pruning

-- Orders that are unusual, one row for each rule that they broke.
CREATE TABLE finding (
    event_id       text    COLLATE "C" NOT NULL, -- of the order
    rule           text    COLLATE "C" NOT NULL,
    at             bigint  NOT NULL, -- of the order, Unix milliseconds
    received_at    bigint  NOT NULL, -- Unix milliseconds
    transaction_id text    NOT NULL,
    visitor_id     text    COLLATE "C" NOT NULL,
    user_id        text    NOT NULL, -- '' = nobody known
    country        text    COLLATE "C" NOT NULL, -- ISO 3166-1 alpha-2
    product_id     text    NOT NULL, -- of the line; '' = the order as a whole
    category       text    COLLATE "C" NOT NULL, -- of that line
    order_amount   bigint  NOT NULL, -- minor units of the reporting currency
    value          bigint  NOT NULL, -- what was judged, in the unit of the rule
    expected       bigint  NOT NULL, -- what is usual, likewise
    score          bigint  NOT NULL, -- thousandths
    threshold      bigint  NOT NULL, -- thousandths
    baseline       text    NOT NULL, -- its id; 'prior'; '' = none is needed
    PRIMARY KEY (event_id, rule)
);
-- Newest first. Findings are few.
CREATE INDEX finding_at ON finding (at, event_id, rule);
CREATE INDEX finding_visitor ON finding (visitor_id, at, event_id, rule);

-- What is usual in a category. Rows never change and are kept: findings name
-- them.
CREATE TABLE baseline (
    category  text    COLLATE "C" NOT NULL,
    measure   text    COLLATE "C" NOT NULL,
    partition integer NOT NULL, -- of the task whose orders it was made from
    version   bigint  NOT NULL, -- rises
    from_at   bigint  NOT NULL, -- record time from which on it is in force, Unix milliseconds
    samples   bigint  NOT NULL,
    median    bigint  NOT NULL, -- in the unit of the measure
    spread    bigint  NOT NULL, -- median absolute deviation of ln(x), thousandths
    PRIMARY KEY (category, measure, partition, version)
);

-- Sessions and carts of each task that no row is stored of yet.
CREATE TABLE open_state (
    part           integer NOT NULL PRIMARY KEY, -- partition of the task
    sessions       bigint  NOT NULL,
    session_events bigint  NOT NULL,
    carts          bigint  NOT NULL,
    cart_value     bigint  NOT NULL, -- minor units of the reporting currency
    clock          bigint  NOT NULL  -- task clock when it was counted, Unix milliseconds
) WITH (fillfactor = 10);
