-- Distinct known customers with a completed order in each day of the month, each ISO week (its Monday) that has a day in it, and the month, by
-- country and ('') in all. They do not add up, so they are counted once for each month and kept. A week of two months is in both, the same.
with d as (select event_date, country, customer_key from fact_customer_day where orders > 0),
k as (
  select 'day' as granularity, event_date as bucket, country, customer_key from d where event_date >= {{from}} and event_date < {{to}}
  union all
  select distinct 'week' as granularity, week_start(event_date) as bucket, country, customer_key from d
  where week_start(event_date) > date_add({{from}}, -7) and week_start(event_date) < {{to}}
  union all
  select distinct 'month' as granularity, {{from}} as bucket, country, customer_key from d where event_date >= {{from}} and event_date < {{to}})
select granularity, bucket, country, cast(count(*) as bigint) as buyers from k group by granularity, bucket, country
union all
select granularity, bucket, '' as country, cast(count(*) as bigint) as buyers
from (select distinct granularity, bucket, customer_key from k) x group by granularity, bucket
order by granularity, bucket, country
