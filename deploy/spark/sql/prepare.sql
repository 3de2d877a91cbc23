-- The tables of sales and sessions, with the columns of those of `globalmart stream`, and how far
-- the log is read. Doing it again changes nothing.
CREATE SCHEMA IF NOT EXISTS SCHEMA_NAME;
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.sales_minute_country (LIKE public.sales_minute_country INCLUDING ALL);
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.sales_minute_category (LIKE public.sales_minute_category INCLUDING ALL);
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.sales_hour (LIKE public.sales_hour INCLUDING ALL);
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.session (LIKE public.session INCLUDING ALL);
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.input_offset (LIKE public.input_offset INCLUDING ALL);
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.ledger (LIKE public.ledger INCLUDING ALL); -- epoch is 0
CREATE TABLE IF NOT EXISTS SCHEMA_NAME.spark_batch (
    id    integer NOT NULL PRIMARY KEY CHECK (id = 1), -- one row
    batch bigint  NOT NULL -- Spark's number of the last batch that is written; -1 = none
);
INSERT INTO SCHEMA_NAME.spark_batch (id, batch) VALUES (1, -1) ON CONFLICT DO NOTHING;
