-- A category's day in a country.
with o as (
  select country, category, count(*) as orders
  from (select distinct country, category, lake_source, kpart, koffset from fact_order_line where is_refund = 0) x
  group by country, category),
s as (
  select event_date, country, category,
    cast(sum(quantity) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(case when is_refund = 1 then -net_minor else 0 end) as bigint) as refund_minor
  from fact_order_line group by event_date, country, category)
select s.event_date, s.country, s.category, coalesce(o.orders, 0) as orders, s.units, s.net_minor, s.refund_minor
from s left join o on o.country = s.country and o.category = s.category
order by country, category
