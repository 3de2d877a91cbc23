-- The same from the base before, the rows of the days that came and those of the days that went. Sums can be undone, a maximum cannot: whose
-- last order went without another on that day or later is looked up in the window (orders that move to another day when what was received
-- before them arrives; not those that only leave the window, for they are the oldest). A customer is gone with the last of its days.
-- What moved is grouped alone, and joined to the base: most customers have not moved.
with x as (
  select customer_key, case when orders > 0 then event_date end as came, cast(null as date) as went, cast(1 as bigint) as days,
    cast(orders as bigint) as orders, net_minor
  from fact_customer_day_in
  union all
  select customer_key, cast(null as date) as came, case when orders > 0 then event_date end as went, cast(-1 as bigint) as days,
    cast(-orders as bigint) as orders, -net_minor as net_minor
  from fact_customer_day_out),
moved as (
  select customer_key, max(came) as came, max(went) as went, cast(sum(days) as bigint) as days, cast(sum(orders) as bigint) as orders,
    cast(sum(net_minor) as bigint) as net_minor
  from x group by customer_key),
g as (
  select coalesce(b.customer_key, m.customer_key) as customer_key, b.last_order_date as kept, m.came, m.went, coalesce(b.days, 0) + coalesce(m.days, 0) as days,
    coalesce(b.orders, 0) + coalesce(m.orders, 0) as orders, coalesce(b.net_minor, 0) + coalesce(m.net_minor, 0) as net_minor
  from customer_base_prev b full outer join moved m on m.customer_key = b.customer_key
  where coalesce(b.days, 0) + coalesce(m.days, 0) > 0),
found as (
  select d.customer_key, max(d.event_date) as last_order_date
  from fact_customer_day d
  join (select customer_key from g where orders > 0 and went = kept and (came is null or came < kept)) lost on lost.customer_key = d.customer_key
  where d.event_date >= {{from}} and d.event_date < {{to}} and d.orders > 0
  group by d.customer_key)
select g.customer_key, case when g.orders > 0 then coalesce(found.last_order_date, greatest(g.kept, g.came)) end as last_order_date,
  g.days, g.orders, g.net_minor
from g left join found on found.customer_key = g.customer_key
