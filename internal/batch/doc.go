// Package batch turns the lake into the warehouse: dimensions, facts by day, and the
// marts of customers (rfm), products, trends and cohorts.
//
// # Tables
//
// Every table is one query, a file of sql/, declared in the graph (tables_*.go) with
// its job, its inputs and its columns. The runner does the rest: it makes views of
// the inputs, has the engine write the result, checks the file against the declared
// columns and publishes it. To add a table:
//
//  1. Write sql/<nn>_<name>.sql: ONE query, ending without semicolon, in the order in which
//     the table is to be stored. It reads its inputs by their names. {{from}}, {{to}}
//     and {{as_of}} are literals of type date (see below).
//  2. Declare it in the tables_*.go of its job, after what it reads: name, grain, inputs, columns.
//  3. Test it with batchtest, without a lake: see that package.
//
// A table is kept as a whole, or in partitions by day or month (its grain). What
// {{from}}, {{to}} and the views of its inputs are:
//
//	grain   {{from}}, {{to}} (exclusive)          the view of an input by day or month has
//	Day     the day                                that day, and Before and After so many more
//	Month   the month                              its days, and Before and After so many more
//	Whole   the days of the first input by day,    the days from Before days before the as-of
//	        as far as it is bounded                date to After days after it; All = every day
//
// {{as_of}} is the logical date of the run in all of them: the days before it are
// over, the one that begins with it may be in progress. The view of an input that is
// kept whole has the whole table.
//
// A partition has a key: a hash of its SQL, its columns and the files of its inputs
// (and for Whole the as-of date, if its SQL names a date). It is made anew when the key changes, and if the
// file that comes out has the same bytes, the old one stays: so what depends on it
// is not touched. There is no other rule of what is up to date. Results therefore
// are the same whichever runs led to them.
//
// The tables of a job are made at the same time as far as none reads another, and so
// are the partitions of a table, unless it reads itself. A query has no other order.
//
// # Adding and taking away
//
// A Whole table over many days can have a second query, Merge, which is used if the
// table is there, its definition has not changed and the days that changed are few. It
// sees NAME_prev, the table as it is, and for every input by day
//
//	INPUT_in    the rows of the days that came to the window or were replaced, as they are now
//	INPUT_out   the rows of the days that left the window or were replaced, as they were
//
// (of a topic of the lake INPUT_in has the new records, and nothing goes out)
//
// and must come to what SQL comes to: prev - out + in. What has no inverse (max, min)
// needs care: a test compares the two.
//
// # Portable SQL
//
// The same text runs on DuckDB and on Spark 4. `/` is a division of doubles (divide
// by nullif); integers: div(a, b). Every sum of integers is cast to bigint, also in
// windows, and so are rank and row_number in a result; avg and the division of decimals to double. Dates: date_add(d, n),
// date_diff(end, start), add_months(d, n), week_start(d), month_start(d), last_day.
// Say nulls first or last, frames with ROWS; `||`, not concat; flags are 0 and 1. There are no array(),
// explode, sequence, semi or anti join, `<=>`, `* except`, ignore nulls, date_format,
// hash, double quotes, unix_millis and timestamp_millis: millis_of(timestamp) and
// time_of_millis(bigint). id_key(text) is a 60-bit key that both engines agree on.
//
// # Definitions
//
// One record counts of those with one event_id, and one of those that tell the same of
// one order (transaction_id, status, refund_id), within the event date and the days
// beside it: the one received first, then the lower source, partition and offset. Dead
// records (valid = false) count nowhere; events that were too late for the live side do.
// Net amounts are after refunds; a refund counts on its own day. A customer is a
// user_id: orders without one are in every figure of products, countries and days but
// in none of customers.
package batch
