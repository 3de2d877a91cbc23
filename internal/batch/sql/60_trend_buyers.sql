-- Distinct known customers with a completed order in each day and ISO week (its Monday) that begins in the month, and in the month, by country and
-- ('') in all. They do not add up, so they are counted once for each month and kept.
with d as (select event_date, country, customer_key from fact_customer_day where orders > 0),
k as (
  select 'day' as granularity, event_date as bucket, country, customer_key from d where event_date >= {{from}} and event_date < {{to}}
  union all
  select distinct 'week' as granularity, week_start(event_date) as bucket, country, customer_key from d where week_start(event_date) >= {{from}} and week_start(event_date) < {{to}}
  union all
  select distinct 'month' as granularity, {{from}} as bucket, country, customer_key from d where event_date >= {{from}} and event_date < {{to}})
select granularity, bucket, country, cast(count(*) as bigint) as buyers from k group by granularity, bucket, country
union all
select granularity, bucket, '' as country, cast(count(*) as bigint) as buyers
from (select distinct granularity, bucket, customer_key from k) x group by granularity, bucket
order by granularity, bucket, country
