-- What each known customer did in the month.
select {{from}} as month, customer_key, cast(sum(orders) as bigint) as orders, cast(sum(net_minor) as bigint) as net_minor
from fact_customer_day
where event_date >= {{from}} and event_date < {{to}}
group by customer_key
