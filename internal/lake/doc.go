// Package lake keeps every event of every topic in Parquet files that any tool
// can read: DuckDB, Spark, pandas.
//
// # Layout
//
//	raw/<topic>/date=2026-01-05/p<partition>-<first offset>.parquet   what the log carried
//	raw/<topic>/p<partition>-<first>-<last>.gap                       offsets whose loss was accepted
//	history/date=2026-01-05/<topic>/p<partition>-<first>.parquet      what was generated for the time before
//	import/<name>/date=2026-01-05/<topic>/...                         real data sets
//
// A file holds one contiguous range of offsets of one topic-partition. Its footer
// says which, how many records and what they come to (see [Footer]), so footers
// add up. The listing is the commit log of the raw source: a file is written under
// a temporary name, made durable, and linked to its name only if there is none,
// so two writers cannot overlap; to recover is to remove temporary files and to go
// on after the last offset. Files never change. Every day of history and of an
// import is complete or absent, for it is moved into place as one folder.
//
// The folder of a raw file is the UTC date of the record time of its first record:
// the day of arrival. A file also takes records of the day before, for producers'
// clocks differ; any other change of the date begins a new file. So a folder's
// files have record times of that day or the day before. The shop's own days are in the column event_date.
//
// # Columns
//
// Every topic has the same first columns; then come its own (testdata/schema.txt).
// There are no nested columns and no floating point; money is int64 minor units.
// Times are TIMESTAMP without zone, UTC, milliseconds. The record as it was is in
// json; or in raw, if it is not UTF-8. A record that is not a valid event is kept
// too, with valid false, the reason, and no event columns. key is only set where
// it differs from what events of the topic are keyed by.
//
// Transactions have a row for each order line, numbered by line_no from 0; an
// order without lines has one row. Who, when and which order it is stands on every
// row. The record and the amounts of the whole order stand on line 0 alone, so that sums over rows
// are right as they are; count orders by is_order, records by line_no = 0. A list
// column would need another syntax to be unfolded on each engine, and is slow in
// pandas; a second table would make two files of what must be one commit.
package lake
