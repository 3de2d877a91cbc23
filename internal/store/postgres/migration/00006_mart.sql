-- +goose Up

-- Copies of marts of the warehouse, for dashboards: each run of the batch jobs replaces
-- what changed in one transaction. Who migrates may lack the right to make schemas if
-- there is one of this name.
-- +goose StatementBegin
DO $$ BEGIN
    IF to_regnamespace('mart') IS NULL THEN
        CREATE SCHEMA mart;
    END IF;
END $$;
-- +goose StatementEnd

CREATE TABLE mart.run (
    id              integer NOT NULL,
    run             text COLLATE "C" NOT NULL,
    as_of           date NOT NULL,
    created         timestamptz NOT NULL,
    engine          text COLLATE "C" NOT NULL,
    rules           integer NOT NULL,
    currency        text COLLATE "C" NOT NULL,
    currency_digits integer NOT NULL,
    copied_at       timestamptz NOT NULL,
    PRIMARY KEY (id),
    CHECK (id = 1)
);
COMMENT ON TABLE mart.run IS 'The run that the tables are of. One row, none before the first copy.';
COMMENT ON COLUMN mart.run.id IS '1: there is one row';
COMMENT ON COLUMN mart.run.run IS 'Name of the run that all tables of the schema are of';
COMMENT ON COLUMN mart.run.as_of IS 'Its logical date: the days before it are over [day]';
COMMENT ON COLUMN mart.run.created IS 'When the run was published to the warehouse';
COMMENT ON COLUMN mart.run.engine IS 'Which ran the SQL, and its version';
COMMENT ON COLUMN mart.run.rules IS 'Version of the business rules';
COMMENT ON COLUMN mart.run.currency IS 'Of every amount in minor units [ISO 4217]';
COMMENT ON COLUMN mart.run.currency_digits IS 'Decimal places of an amount: 2 means that 100 minor units are one of the currency [digits]';
COMMENT ON COLUMN mart.run.copied_at IS 'When it was copied here';

CREATE TABLE mart.segment (
    segment            text COLLATE "C",
    position           integer,
    customers          bigint,
    customer_share     double precision,
    net_minor          bigint,
    revenue_share      double precision,
    avg_recency_days   double precision,
    avg_frequency      double precision,
    avg_monetary_minor bigint,
    PRIMARY KEY (segment)
);
COMMENT ON TABLE mart.segment IS 'A segment as of the as-of date. Every segment of the rules, also those without a customer.';
COMMENT ON COLUMN mart.segment.segment IS 'Its name';
COMMENT ON COLUMN mart.segment.position IS '1 is the best';
COMMENT ON COLUMN mart.segment.customers IS 'In it [customers]';
COMMENT ON COLUMN mart.segment.customer_share IS 'Of all with a segment; null if there are none [share]';
COMMENT ON COLUMN mart.segment.net_minor IS 'Their net revenue in the 365 days [minor]';
COMMENT ON COLUMN mart.segment.revenue_share IS 'Of that of all with a segment, below 0 if refunds are more; null if there is no revenue [share]';
COMMENT ON COLUMN mart.segment.avg_recency_days IS 'Mean; null without customers [days]';
COMMENT ON COLUMN mart.segment.avg_frequency IS 'Mean; null without customers [orders]';
COMMENT ON COLUMN mart.segment.avg_monetary_minor IS 'Mean, rounded half up; null without customers [minor]';

CREATE TABLE mart.segment_migration (
    period       integer,
    from_segment text COLLATE "C",
    to_segment   text COLLATE "C",
    customers    bigint,
    PRIMARY KEY (period, from_segment, to_segment)
);
COMMENT ON TABLE mart.segment_migration IS 'How many customers were in one segment so many days (period) before the as-of date and are in another, or the same, now; '''' is none. Periods of 1, 7, 30 and 90 days, once the snapshots reach back so far: empty after the first run.';
COMMENT ON COLUMN mart.segment_migration.period IS 'How long ago [days]';
COMMENT ON COLUMN mart.segment_migration.from_segment IS 'Segment then; '''' is none';
COMMENT ON COLUMN mart.segment_migration.to_segment IS 'Segment now; '''' is none';
COMMENT ON COLUMN mart.segment_migration.customers IS 'Who went that way [customers]';

CREATE TABLE mart.rfm_score (
    measure        text COLLATE "C",
    score          integer,
    customers      bigint,
    customer_share double precision,
    lowest         bigint,
    highest        bigint,
    PRIMARY KEY (measure, score)
);
COMMENT ON TABLE mart.rfm_score IS 'The customers of a score, and the values that came to it: r in days, f in orders, m in minor units. Always 15 rows.';
COMMENT ON COLUMN mart.rfm_score.measure IS 'r, f or m';
COMMENT ON COLUMN mart.rfm_score.score IS '5 is the best [1-5]';
COMMENT ON COLUMN mart.rfm_score.customers IS 'With this score; 0 if ties leave it empty [customers]';
COMMENT ON COLUMN mart.rfm_score.customer_share IS 'Of all with a segment; null if there are none [share]';
COMMENT ON COLUMN mart.rfm_score.lowest IS 'Least value among them: days, orders or minor units; null without any [by measure]';
COMMENT ON COLUMN mart.rfm_score.highest IS 'Highest value [by measure]';

CREATE TABLE mart.rfm_cell (
    r         integer,
    f         integer,
    m         integer,
    segment   text COLLATE "C",
    customers bigint,
    net_minor bigint,
    PRIMARY KEY (r, f, m)
);
COMMENT ON TABLE mart.rfm_cell IS 'The customers of a cell of the RFM matrix, as far as there are any.';
COMMENT ON COLUMN mart.rfm_cell.r IS 'Score of recency [1-5]';
COMMENT ON COLUMN mart.rfm_cell.f IS 'Score of frequency [1-5]';
COMMENT ON COLUMN mart.rfm_cell.m IS 'Score of monetary value [1-5]';
COMMENT ON COLUMN mart.rfm_cell.segment IS 'Of these scores';
COMMENT ON COLUMN mart.rfm_cell.customers IS 'With these scores [customers]';
COMMENT ON COLUMN mart.rfm_cell.net_minor IS 'Their net revenue in the 365 days [minor]';

CREATE TABLE mart.product (
    period           integer,
    product_id       text COLLATE "C",
    name             text COLLATE "C",
    brand            text COLLATE "C",
    category         text COLLATE "C",
    views            bigint,
    orders           bigint,
    units            bigint,
    net_minor        bigint,
    returned_units   bigint,
    return_rate      double precision,
    view_to_buy      double precision,
    cost_minor       bigint,
    margin_minor     bigint,
    margin_rate      double precision,
    revenue_rank     bigint,
    rank_in_category bigint,
    previous_rank    bigint,
    rank_change      bigint,
    abc              text COLLATE "C",
    PRIMARY KEY (period, product_id)
);
COMMENT ON TABLE mart.product IS 'A product in the 7, 30, 90 or 365 days (period) before the as-of date. Net revenue falls within a category. Definitions.';
COMMENT ON COLUMN mart.product.period IS '7, 30, 90 or 365 [days]';
COMMENT ON COLUMN mart.product.product_id IS 'The product, as orders and catalogue name it';
COMMENT ON COLUMN mart.product.name IS 'In the catalogue now; null if it is not in it';
COMMENT ON COLUMN mart.product.brand IS 'In the catalogue now, or null';
COMMENT ON COLUMN mart.product.category IS 'What the catalogue said last, else as on the lines';
COMMENT ON COLUMN mart.product.views IS 'Product views [events]';
COMMENT ON COLUMN mart.product.orders IS 'Completed orders with the product [orders]';
COMMENT ON COLUMN mart.product.units IS 'Sold less returned [units]';
COMMENT ON COLUMN mart.product.net_minor IS 'Net revenue: after discounts and refunds, without tax and shipping [minor]';
COMMENT ON COLUMN mart.product.returned_units IS 'Given back in the period, whenever they were bought [units]';
COMMENT ON COLUMN mart.product.return_rate IS 'Returned units / units sold; null if none was sold; above 1 if more came back [share]';
COMMENT ON COLUMN mart.product.view_to_buy IS 'Orders / views; null without views; above 1 if orders came without a view [share]';
COMMENT ON COLUMN mart.product.cost_minor IS 'Of units sold less returned; null if the cost of a line is not known [minor]';
COMMENT ON COLUMN mart.product.margin_minor IS 'Net revenue less cost, or null [minor]';
COMMENT ON COLUMN mart.product.margin_rate IS 'Margin / net revenue, or null [share]';
COMMENT ON COLUMN mart.product.revenue_rank IS '1 is the most net revenue; equals share a rank';
COMMENT ON COLUMN mart.product.rank_in_category IS 'The same within the category';
COMMENT ON COLUMN mart.product.previous_rank IS 'In as many days before; null if facts do not reach back so far or it was not ordered then';
COMMENT ON COLUMN mart.product.rank_change IS 'previous_rank - revenue_rank: above 0 it rose; null with it';
COMMENT ON COLUMN mart.product.abc IS 'A, B or C: the first 80, next 15 and last 5 % of revenue';
CREATE INDEX product_rank ON mart.product (period, revenue_rank);
CREATE INDEX product_category ON mart.product (period, category, rank_in_category);

CREATE TABLE mart.product_abc (
    period        integer,
    abc           text COLLATE "C",
    products      bigint,
    units         bigint,
    net_minor     bigint,
    revenue_share double precision,
    PRIMARY KEY (period, abc)
);
COMMENT ON TABLE mart.product_abc IS 'What the products of an ABC class come to in a period.';
COMMENT ON COLUMN mart.product_abc.period IS '7, 30, 90 or 365 before the as-of date [days]';
COMMENT ON COLUMN mart.product_abc.abc IS 'A, B or C';
COMMENT ON COLUMN mart.product_abc.products IS 'Of this class [products]';
COMMENT ON COLUMN mart.product_abc.units IS 'Sold less returned [units]';
COMMENT ON COLUMN mart.product_abc.net_minor IS 'Net revenue: after discounts and refunds, without tax and shipping [minor]';
COMMENT ON COLUMN mart.product_abc.revenue_share IS 'Of the net revenue of the period; null if there is none [share]';

CREATE TABLE mart.affinity (
    product_a     text COLLATE "C",
    product_b     text COLLATE "C",
    orders        bigint,
    support       double precision,
    confidence_ab double precision,
    confidence_ba double precision,
    lift          double precision,
    PRIMARY KEY (product_a, product_b)
);
COMMENT ON TABLE mart.affinity IS 'The 1,000 pairs of products with the most orders. Two products that were bought together in at least 5 orders of the 30 days before the as-of date; orders of more than 50 products count nowhere. They have too many pairs to count, so they are not among the orders that pairs are divided by, either.';
COMMENT ON COLUMN mart.affinity.product_a IS 'product_id of the one';
COMMENT ON COLUMN mart.affinity.product_b IS 'product_id of the other, later by alphabet';
COMMENT ON COLUMN mart.affinity.orders IS 'With both [orders]';
COMMENT ON COLUMN mart.affinity.support IS 'orders / completed orders [share]';
COMMENT ON COLUMN mart.affinity.confidence_ab IS 'orders / orders with a [share]';
COMMENT ON COLUMN mart.affinity.confidence_ba IS 'orders / orders with b [share]';
COMMENT ON COLUMN mart.affinity.lift IS 'confidence_ab / share of orders with b; 1 is chance [ratio]';

CREATE TABLE mart.trend (
    granularity        text COLLATE "C",
    bucket             date,
    country            text COLLATE "C",
    category           text COLLATE "C",
    net_minor          bigint,
    refund_minor       bigint,
    orders             bigint,
    units              bigint,
    buyers             bigint,
    prev_net_minor     bigint,
    change             double precision,
    year_ago_net_minor bigint,
    year_change        double precision,
    moving_avg_minor   bigint,
    is_complete        integer,
    PRIMARY KEY (granularity, bucket, country, category)
);
COMMENT ON TABLE mart.trend IS 'A day, ISO week (bucket is its Monday) or month of a country and category; '''' is all of them; buyers only of all categories. Every series has each period from its first sale on. Definitions.';
COMMENT ON COLUMN mart.trend.granularity IS 'day, week or month';
COMMENT ON COLUMN mart.trend.bucket IS 'First day of the period [day]';
COMMENT ON COLUMN mart.trend.country IS ''''' is all [ISO 3166-1]';
COMMENT ON COLUMN mart.trend.category IS ''''' is all';
COMMENT ON COLUMN mart.trend.net_minor IS 'Net revenue: after discounts and refunds, without tax and shipping [minor]';
COMMENT ON COLUMN mart.trend.refund_minor IS 'Of that, what was refunded, as a positive amount [minor]';
COMMENT ON COLUMN mart.trend.orders IS 'Completed orders; of a category, those with a line in it [orders]';
COMMENT ON COLUMN mart.trend.units IS 'Sold less returned [units]';
COMMENT ON COLUMN mart.trend.buyers IS 'Distinct known customers; null for a category [customers]';
COMMENT ON COLUMN mart.trend.prev_net_minor IS 'Net revenue of the period before; null for the first [minor]';
COMMENT ON COLUMN mart.trend.change IS 'To it: 0.1 is 10 % more; null unless both are complete [ratio]';
COMMENT ON COLUMN mart.trend.year_ago_net_minor IS 'Net revenue 364 days, 52 weeks or 12 months before, or null [minor]';
COMMENT ON COLUMN mart.trend.year_change IS 'To it; null unless both are complete [ratio]';
COMMENT ON COLUMN mart.trend.moving_avg_minor IS 'Mean of 7 days, 4 weeks or 3 months, this one included; null unless all are complete [minor]';
COMMENT ON COLUMN mart.trend.is_complete IS '1: the facts cover all of it and it is over [0/1]';
CREATE INDEX trend_series ON mart.trend (granularity, country, category, bucket);

CREATE TABLE mart.cohort (
    cohort      date,
    month       date,
    age_months  integer,
    customers   bigint,
    retention   double precision,
    net_minor   bigint,
    is_complete integer,
    PRIMARY KEY (cohort, month)
);
COMMENT ON TABLE mart.cohort IS 'A cohort in a month: how many of its customers ordered (retention is their share), and its net revenue. A month in which nobody of the cohort did anything has no row.';
COMMENT ON COLUMN mart.cohort.cohort IS 'First day of the month of the first order [day]';
COMMENT ON COLUMN mart.cohort.month IS 'First day of the month that is looked at [day]';
COMMENT ON COLUMN mart.cohort.age_months IS 'From the one to the other; 0 is the first [months]';
COMMENT ON COLUMN mart.cohort.customers IS 'Of the cohort, who ordered in the month [customers]';
COMMENT ON COLUMN mart.cohort.retention IS 'Of all of the cohort; 1 at age 0 [share]';
COMMENT ON COLUMN mart.cohort.net_minor IS 'Net revenue of the cohort in the month, refunds included [minor]';
COMMENT ON COLUMN mart.cohort.is_complete IS '1: the month is over [0/1]';

CREATE TABLE mart.category (
    category   text COLLATE "C",
    products   bigint,
    first_sold date,
    last_sold  date,
    PRIMARY KEY (category)
);
COMMENT ON TABLE mart.category IS 'A category that orders, refunds or the catalogue name.';
COMMENT ON COLUMN mart.category.category IS 'Its name; uncategorised for none';
COMMENT ON COLUMN mart.category.products IS 'In it, by the catalogue as it is now [products]';
COMMENT ON COLUMN mart.category.first_sold IS 'First day with an order or refund, or null [day]';
COMMENT ON COLUMN mart.category.last_sold IS 'Last such day, or null [day]';

CREATE TABLE mart.country (
    country    text COLLATE "C",
    first_sold date,
    last_sold  date,
    PRIMARY KEY (country)
);
COMMENT ON TABLE mart.country IS 'A country that was sold to.';
COMMENT ON COLUMN mart.country.country IS 'ZZ: not known [ISO 3166-1]';
COMMENT ON COLUMN mart.country.first_sold IS 'First day with an order or refund [day]';
COMMENT ON COLUMN mart.country.last_sold IS 'Last such day [day]';

-- What each of them was made of: the books of the copy.
CREATE TABLE mart.source (
    name  text COLLATE "C" PRIMARY KEY,
    state jsonb NOT NULL
);
COMMENT ON TABLE mart.source IS 'What each table was made of; not for dashboards.';
