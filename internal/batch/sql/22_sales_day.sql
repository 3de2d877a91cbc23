-- A country's day.
with b as (select distinct country, customer_key from fact_order_line where is_order = 1 and customer_key is not null),
n as (select country, count(*) as buyers from b group by country),
s as (
  select event_date, country,
    cast(sum(is_order) as bigint) as orders,
    cast(sum(quantity) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(case when is_refund = 1 then -net_minor else 0 end) as bigint) as refund_minor,
    cast(sum(tax_minor) as bigint) as tax_minor,
    cast(sum(shipping_minor) as bigint) as shipping_minor,
    cast(sum(case when line_no = 0 then is_refund else 0 end) as bigint) as refunds,
    cast(sum(case when is_refund = 1 then -quantity else 0 end) as bigint) as returned_units
  from fact_order_line group by event_date, country)
select s.event_date, s.country, s.orders, s.units, s.net_minor, s.refund_minor, s.tax_minor, s.shipping_minor, coalesce(n.buyers, 0) as buyers,
  s.refunds, s.returned_units
from s left join n on n.country = s.country
order by country
