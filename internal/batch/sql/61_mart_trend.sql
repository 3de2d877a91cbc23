-- Sales by day, ISO week (its Monday) and month, of each country and category; '' is all of them.
-- Every series has a row for each period since its first sale, so that the row n before is the period n before: a gap does not slide.
-- year_ago: 364 days (the same weekday), 52 weeks or 12 months before. moving_avg: of 7 days, 4 weeks or 3 months, once there are that many.
-- A period is complete if the facts begin before it and it is over by the as-of date. Changes are those between complete periods, averages of them.
with bound as (select min(event_date) as first_day, greatest(max(event_date), date_add({{as_of}}, -1)) as last_day from fact_sales_day),
facts as (
  select event_date, country, '' as category, net_minor, refund_minor, cast(orders as bigint) as orders, cast(units as bigint) as units
  from fact_sales_day
  union all
  select event_date, country, category, net_minor, refund_minor, cast(orders as bigint) as orders, cast(units as bigint) as units
  from fact_category_day),
byday as (
  select event_date, country, category, cast(sum(net_minor) as bigint) as net_minor, cast(sum(refund_minor) as bigint) as refund_minor,
    cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units
  from (select * from facts union all select event_date, '' as country, category, net_minor, refund_minor, orders, units from facts) x
  group by event_date, country, category),
sums as (
  select 'day' as granularity, event_date as bucket, country, category, net_minor, refund_minor, orders, units from byday
  union all
  select 'week' as granularity, week_start(event_date) as bucket, country, category, cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(refund_minor) as bigint) as refund_minor, cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units
  from byday group by week_start(event_date), country, category
  union all
  select 'month' as granularity, month_start(event_date) as bucket, country, category, cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(refund_minor) as bigint) as refund_minor, cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units
  from byday group by month_start(event_date), country, category),
calendar as (
  select 'day' as granularity, d.day as bucket, date_add(d.day, 1) as ends from dim_date d cross join bound where d.day >= first_day and d.day <= last_day
  union all
  select distinct 'week' as granularity, d.week_start as bucket, date_add(d.week_start, 7) as ends from dim_date d cross join bound where d.day >= first_day and d.day <= last_day
  union all
  select distinct 'month' as granularity, d.month_start as bucket, add_months(d.month_start, 1) as ends from dim_date d cross join bound where d.day >= first_day and d.day <= last_day),
period as (
  select c.granularity, c.bucket, case when c.bucket >= first_day and c.ends <= {{as_of}} then 1 else 0 end as is_complete from calendar c cross join bound),
series as (select granularity, country, category, min(bucket) as since from sums group by granularity, country, category),
t as (
  select p.granularity, p.bucket, s.country, s.category, p.is_complete, coalesce(x.net_minor, 0) as net_minor, coalesce(x.refund_minor, 0) as refund_minor,
    coalesce(x.orders, 0) as orders, coalesce(x.units, 0) as units
  from period p
  join series s on s.granularity = p.granularity and p.bucket >= s.since
  left join sums x on x.granularity = p.granularity and x.bucket = p.bucket and x.country = s.country and x.category = s.category),
u as (
  select *, lag(net_minor, 1) over w as prev_net_minor, lag(is_complete, 1) over w as prev_complete,
    case granularity when 'day' then lag(net_minor, 364) over w when 'week' then lag(net_minor, 52) over w else lag(net_minor, 12) over w end as year_ago_net_minor,
    case granularity when 'day' then lag(is_complete, 364) over w when 'week' then lag(is_complete, 52) over w else lag(is_complete, 12) over w end as year_ago_complete,
    case granularity
      when 'day' then sum(net_minor) over (partition by granularity, country, category order by bucket rows between 6 preceding and current row)
      when 'week' then sum(net_minor) over (partition by granularity, country, category order by bucket rows between 3 preceding and current row)
      else sum(net_minor) over (partition by granularity, country, category order by bucket rows between 2 preceding and current row) end as moving_sum,
    case granularity
      when 'day' then sum(is_complete) over (partition by granularity, country, category order by bucket rows between 6 preceding and current row)
      when 'week' then sum(is_complete) over (partition by granularity, country, category order by bucket rows between 3 preceding and current row)
      else sum(is_complete) over (partition by granularity, country, category order by bucket rows between 2 preceding and current row) end as moving_n,
    case granularity when 'day' then 7 when 'week' then 4 else 3 end as moving_size
  from t
  window w as (partition by granularity, country, category order by bucket))
select u.granularity, u.bucket, u.country, u.category, u.net_minor, u.refund_minor, u.orders, u.units,
  case when u.category = '' then coalesce(b.buyers, 0) end as buyers,
  u.prev_net_minor,
  case when u.is_complete = 1 and u.prev_complete = 1 then cast(u.net_minor as double) / cast(nullif(u.prev_net_minor, 0) as double) - 1 end as change,
  u.year_ago_net_minor,
  case when u.is_complete = 1 and u.year_ago_complete = 1 then cast(u.net_minor as double) / cast(nullif(u.year_ago_net_minor, 0) as double) - 1 end as year_change,
  case when u.moving_n = u.moving_size then cast(floor(cast(u.moving_sum as double) / cast(u.moving_size as double) + 0.5) as bigint) end as moving_avg_minor,
  u.is_complete
from u left join (select distinct granularity, bucket, country, buyers from trend_buyers) b on b.granularity = u.granularity and b.bucket = u.bucket and b.country = u.country and u.category = ''
order by granularity, country, category, bucket
