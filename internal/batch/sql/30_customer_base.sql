-- What each known customer did in the window. The last order's date is that of a completed order: a refund does not make a customer recent.
select customer_key, max(case when orders > 0 then event_date end) as last_order_date, count(*) as days,
  cast(sum(orders) as bigint) as orders, cast(sum(net_minor) as bigint) as net_minor
from fact_customer_day
where event_date >= {{from}} and event_date < {{to}}
group by customer_key
