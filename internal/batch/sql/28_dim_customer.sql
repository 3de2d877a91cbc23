-- The newest profile of each customer, and what the orders say of those who have none.
with f as (
  select customer_key, min(user_id) as user_id, min(event_date) as first_seen, max(event_date) as last_seen, max(cast(event_date as varchar(10)) || country) as newest
  from fact_order_line where customer_key is not null group by customer_key),
p as (
  select user_id, country, registered_at, event_time as profile_at from (
    select *, row_number() over (partition by user_id order by event_time desc, received_at desc, lake_source desc, log_partition desc, log_offset desc) as rn
    from lake_customers where valid and user_id is not null) x
  where rn = 1)
select id_key(coalesce(f.user_id, p.user_id)) as customer_key, coalesce(f.user_id, p.user_id) as user_id,
  coalesce(nullif(p.country, ''), substr(f.newest, 11), 'ZZ') as country, p.registered_at, f.first_seen, f.last_seen, p.profile_at
from f full outer join p on p.user_id = f.user_id
