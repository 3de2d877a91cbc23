-- DuckDB answers the names of Spark 4. Run once for a session.
create or replace temp macro div(a, b) as a // b;
create or replace temp macro pmod(a, b) as ((a % b) + b) % b;
create or replace temp macro shiftright(a, n) as a >> n;
create or replace temp macro shiftleft(a, n) as a << n;
create or replace temp macro nvl(a, b) as coalesce(a, b);
create or replace temp macro add_months(d, n) as cast(d + to_months(cast(n as integer)) as date);
create or replace temp macro date_add(d, n) as cast(d + cast(n as integer) as date);
create or replace temp macro date_diff(e, s) as cast(e as date) - cast(s as date); -- Spark's order: end, start
create or replace temp macro conv(s, f, t) as cast(cast('0x' || s as bigint) as varchar); -- only 16 to 10
create or replace temp macro try_divide(a, b) as a / nullif(b, 0);
create or replace temp macro week_start(d) as cast(date_trunc('week', d) as date);
create or replace temp macro month_start(d) as cast(date_trunc('month', d) as date);
create or replace temp macro millis_of(t) as epoch_ms(t);
-- The first 60 bits of md5(s), as cast('0x' || substr(md5(s), 1, 15) as bigint), in half the time: the number of md5 has its bytes the other way round.
create or replace temp macro swap_32(v) as ((v & 4294967295::ubigint) << 32) | (v >> 32);
create or replace temp macro swap_16(v) as ((v & 281470681808895::ubigint) << 16) | ((v >> 16) & 281470681808895::ubigint);
create or replace temp macro swap_8(v) as ((v & 71777214294589695::ubigint) << 8) | ((v >> 8) & 71777214294589695::ubigint);
create or replace temp macro id_key(s) as cast(swap_8(swap_16(swap_32(cast(md5_number(s) & 18446744073709551615::uhugeint as ubigint)))) >> 4 as bigint);
create or replace temp macro time_of_millis(ms) as cast(make_timestamp(cast(ms * 1000 as bigint)) as timestamp);
