-- What was known of each customer, what new profiles tell, and the days that came. Nobody is forgotten.
with f as (
  select customer_key, min(user_id) as user_id, min(event_date) as first_seen, max(event_date) as last_seen, max(cast(event_date as varchar(10)) || country) as newest
  from fact_order_line_in where customer_key is not null group by customer_key),
p as (
  select id_key(user_id) as customer_key, user_id, country, registered_at, event_time as profile_at from (
    select *, row_number() over (partition by user_id order by event_time desc, received_at desc, lake_source desc, log_partition desc, log_offset desc) as rn
    from lake_customers_in where valid and user_id is not null) x
  where rn = 1),
n as (
  select coalesce(f.customer_key, p.customer_key) as customer_key, coalesce(f.user_id, p.user_id) as user_id,
    p.country as profile_country, p.registered_at, p.profile_at, f.first_seen, f.last_seen, substr(f.newest, 11) as order_country
  from f full outer join p on p.customer_key = f.customer_key)
select coalesce(o.customer_key, n.customer_key) as customer_key, coalesce(o.user_id, n.user_id) as user_id,
  case when n.profile_at is not null and (o.profile_at is null or n.profile_at >= o.profile_at)
      then coalesce(nullif(n.profile_country, ''), case when n.last_seen >= o.last_seen or o.last_seen is null then n.order_country end, o.country, 'ZZ')
    when o.profile_at is null and n.last_seen is not null and (o.last_seen is null or n.last_seen >= o.last_seen) then n.order_country
    else o.country end as country,
  case when n.profile_at is not null and (o.profile_at is null or n.profile_at >= o.profile_at) then n.registered_at else o.registered_at end as registered_at,
  case when o.first_seen <= n.first_seen or n.first_seen is null then o.first_seen else n.first_seen end as first_seen,
  case when o.last_seen >= n.last_seen or n.last_seen is null then o.last_seen else n.last_seen end as last_seen,
  case when n.profile_at >= o.profile_at or o.profile_at is null then coalesce(n.profile_at, o.profile_at) else o.profile_at end as profile_at
from dim_customer_prev o full outer join n on n.customer_key = o.customer_key
