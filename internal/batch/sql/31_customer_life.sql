-- output customer_life, whole: each customer with facts before {{to}}, ever, for cohorts. Kept up like customer_base.
with x as (
  select customer_key, first_order_date as first_kept, last_order_date as last_kept, cast(null as date) as came, cast(null as date) as went,
    days, orders, net_minor
  from customer_life_prev
  union all
  select customer_key, cast(null as date) as first_kept, cast(null as date) as last_kept, case when orders > 0 then event_date end as came,
    cast(null as date) as went, cast(1 as bigint) as days, cast(orders as bigint) as orders, net_minor
  from fact_customer_day_in where event_date < {{to}}
  union all
  select customer_key, cast(null as date) as first_kept, cast(null as date) as last_kept, cast(null as date) as came,
    case when orders > 0 then event_date end as went, cast(-1 as bigint) as days, cast(-orders as bigint) as orders, -net_minor as net_minor
  from fact_customer_day_out where event_date < {{prev_to}}),
g as (
  select customer_key, max(first_kept) as first_kept, max(last_kept) as last_kept, min(came) as first_came, max(came) as last_came,
    min(went) as first_went, max(went) as last_went,
    cast(sum(days) as bigint) as days, cast(sum(orders) as bigint) as orders, cast(sum(net_minor) as bigint) as net_minor
  from x group by customer_key having sum(days) > 0),
found as (
  select d.customer_key, min(d.event_date) as first_order_date, max(d.event_date) as last_order_date
  from fact_customer_day d
  join (select customer_key from g where orders > 0
          and ((first_went = first_kept and (first_came is null or first_came > first_kept))
            or (last_went = last_kept and (last_came is null or last_came < last_kept)))) lost on lost.customer_key = d.customer_key
  where d.event_date < {{to}} and d.orders > 0
  group by d.customer_key)
select g.customer_key,
  case when g.orders > 0 then coalesce(found.first_order_date, least(g.first_kept, g.first_came)) end as first_order_date,
  case when g.orders > 0 then coalesce(found.last_order_date, greatest(g.last_kept, g.last_came)) end as last_order_date,
  g.days, g.orders, g.net_minor
from g left join found on found.customer_key = g.customer_key
