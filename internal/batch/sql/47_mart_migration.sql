-- output mart_migration, whole: how many customers went from which segment to which in the last 1, 7, 30 and 90 days; '' is none.
-- A period is there once the snapshots reach back to its beginning. Who stayed all the time needs no join.
with p as (
  select 1 as days union all select 7 union all select 30 union all select 90),
since as (
  select min(from_date) as from_date from (
    select min(from_date) as from_date from segment_open union all select min(from_date) as from_date from mart_segment_interval where to_date <= {{to}}) x),
period as (select cast(p.days as int) as period_days, date_add({{to}}, -p.days) as from_date from p cross join since where date_add({{to}}, -p.days) >= since.from_date),
open_now as (
  select period.period_days, o.customer_key, o.segment, case when o.from_date <= period.from_date then 1 else 0 end as stayed
  from segment_open o cross join period),
closed as (
  select period.period_days, i.customer_key, i.segment
  from mart_segment_interval i cross join period
  where i.from_date <= period.from_date and i.to_date > period.from_date and i.to_date <= {{to}}),
moved as (
  select coalesce(c.period_days, o.period_days) as period_days, coalesce(c.segment, '') as from_segment, coalesce(o.segment, '') as to_segment
  from closed c full outer join (select period_days, customer_key, segment from open_now where stayed = 0) o
    on o.customer_key = c.customer_key and o.period_days = c.period_days),
counted as (
  select period_days, segment as from_segment, segment as to_segment, count(*) as customers from open_now where stayed = 1 group by period_days, segment
  union all
  select period_days, from_segment, to_segment, count(*) as customers from moved group by period_days, from_segment, to_segment)
select period_days, from_segment, to_segment, cast(sum(customers) as bigint) as customers
from counted group by period_days, from_segment, to_segment
order by period_days, from_segment, to_segment
