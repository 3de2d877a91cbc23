-- What each known customer bought and gave back, by country. The one pass over the lines for customers.
select event_date, customer_key, country,
  cast(sum(is_order) as int) as orders,
  cast(sum(quantity) as bigint) as units,
  cast(sum(net_minor) as bigint) as net_minor,
  cast(sum(case when is_refund = 1 then -net_minor else 0 end) as bigint) as refund_minor
from fact_order_line
where customer_key is not null
group by event_date, customer_key, country
order by customer_key, country
