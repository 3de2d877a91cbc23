-- Distinct known customers with a completed order in each day of the month, each ISO week (its Monday) that has a day in it, and the month, by
-- country and ('') in all. They do not add up, so they are counted once for each month and kept. A week of two months is in both, the same.
-- The days of a customer are bits: bit 6 is the first of the month, and 6 days before the month and after it are those of its weeks (43 bits).
-- So each customer is grouped once for all periods, and then there are only as many rows as there are different sets of days.
with d as (
  select customer_key, country, bit_or(shiftleft(cast(1 as bigint), date_diff(event_date, {{from}}) + 6)) as days
  from fact_customer_day where orders > 0 and event_date >= date_add({{from}}, -6) and event_date < date_add({{to}}, 6)
  group by customer_key, country),
seen as (
  select country, days, count(*) as buyers from d group by country, days
  union all
  select '' as country, days, count(*) as buyers from (select bit_or(days) as days from d group by customer_key) x group by days),
day as (select distinct event_date, week_start(event_date) as week from fact_customer_day where event_date >= date_add({{from}}, -6) and event_date < date_add({{to}}, 6)),
period as (
  select 'day' as granularity, event_date as bucket, shiftleft(cast(1 as bigint), date_diff(event_date, {{from}}) + 6) as days
  from day where event_date >= {{from}} and event_date < {{to}}
  union all
  select distinct 'week' as granularity, week as bucket, shiftleft(cast(127 as bigint), date_diff(week, {{from}}) + 6) as days
  from day where week > date_add({{from}}, -7) and week < {{to}}
  union all
  select 'month' as granularity, {{from}} as bucket, shiftleft(shiftleft(cast(1 as bigint), date_diff({{to}}, {{from}})) - 1, 6) as days)
select p.granularity, p.bucket, s.country, cast(sum(s.buyers) as bigint) as buyers
from seen s join period p on (s.days & p.days) <> 0
group by p.granularity, p.bucket, s.country
order by granularity, bucket, country
