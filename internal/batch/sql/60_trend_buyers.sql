-- output trend_buyers, whole: distinct known customers with a completed order per day, ISO week (its Monday) and month, by country and ('') in all.
-- Distinct counts do not add up, so periods that begin on or after {{rebuild_from}} are counted again and the others kept.
-- {{rebuild_from}} is a Monday or the first of a month at or before everything that changed.
with d as (select event_date, country, customer_key from fact_customer_day where event_date >= {{rebuild_from}} and event_date < {{to}} and orders > 0),
w as (select distinct week_start(event_date) as bucket, country, customer_key from d),
m as (select distinct month_start(event_date) as bucket, country, customer_key from d),
n as (
  select 'day' as granularity, event_date as bucket, country, count(*) as buyers from d group by event_date, country
  union all
  select 'day' as granularity, bucket, '' as country, count(*) as buyers from (select distinct event_date as bucket, customer_key from d) x group by bucket
  union all
  select 'week' as granularity, bucket, country, count(*) as buyers from w group by bucket, country
  union all
  select 'week' as granularity, bucket, '' as country, count(*) as buyers from (select distinct bucket, customer_key from w) x group by bucket
  union all
  select 'month' as granularity, bucket, country, count(*) as buyers from m group by bucket, country
  union all
  select 'month' as granularity, bucket, '' as country, count(*) as buyers from (select distinct bucket, customer_key from m) x group by bucket)
select granularity, bucket, country, buyers from trend_buyers_prev where bucket < {{rebuild_from}}
union all
select granularity, bucket, country, cast(buyers as bigint) as buyers from n where bucket >= {{rebuild_from}}
