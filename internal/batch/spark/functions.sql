-- What Spark 4 lacks, or has for timestamps of another type. Each is known in its session alone.
create or replace temporary function week_start(d date) returns date return cast(date_trunc('week', d) as date);
create or replace temporary function month_start(d date) returns date return trunc(d, 'month');
create or replace temporary function id_key(s string) returns bigint return cast(conv(substr(md5(s), 1, 15), 16, 10) as bigint);
create or replace temporary function millis_of(t timestamp_ntz) returns bigint return (unix_micros(cast(t as timestamp_ltz)) - pmod(unix_micros(cast(t as timestamp_ltz)), 1000)) div 1000;
create or replace temporary function time_of_millis(ms bigint) returns timestamp_ntz return cast(timestamp_micros(ms * 1000) as timestamp_ntz);
