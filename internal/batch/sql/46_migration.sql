-- How many customers went from which segment to which in the last 1, 7, 30 and 90 days; '' is none. A period is there once the snapshots
-- reach back to its beginning. Who stayed all the time needs no join.
with since as (select min(from_date) as from_date from mart_segment_interval),
period as (
  select cast(p.days as int) as period, date_add({{as_of}}, -p.days) as start
  from (select 1 as days union all select 7 union all select 30 union all select 90) p cross join since
  where date_add({{as_of}}, -p.days) >= since.from_date),
stayed as (
  select p.period, i.segment as from_segment, i.segment as to_segment, count(*) as customers
  from mart_segment_interval i cross join period p
  where i.to_date is null and i.from_date <= p.start
  group by p.period, i.segment),
was as (
  select p.period, i.customer_key, i.segment
  from mart_segment_interval i cross join period p
  where i.from_date <= p.start and i.to_date > p.start),
present as (
  select p.period, i.customer_key, i.segment
  from mart_segment_interval i cross join period p
  where i.to_date is null and i.from_date > p.start),
moved as (
  select coalesce(w.period, n.period) as period, coalesce(w.segment, '') as from_segment, coalesce(n.segment, '') as to_segment
  from was w full outer join present n on n.customer_key = w.customer_key and n.period = w.period),
counted as (
  select period, from_segment, to_segment, customers from stayed
  union all
  select period, from_segment, to_segment, count(*) as customers from moved group by period, from_segment, to_segment)
select period, from_segment, to_segment, cast(sum(customers) as bigint) as customers
from counted
group by period, from_segment, to_segment
order by period, from_segment, to_segment
