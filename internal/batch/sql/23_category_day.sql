-- A category's day in a country.
with o as (
  select country, category, cast(sum(1 - is_refund) as bigint) as orders, cast(sum(is_refund) as bigint) as refunds
  from (select distinct country, category, is_refund, lake_source, kpart, koffset from fact_order_line) x
  group by country, category),
s as (
  select event_date, country, category,
    cast(sum(quantity) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(case when is_refund = 1 then -net_minor else 0 end) as bigint) as refund_minor,
    cast(sum(case when is_refund = 1 then -quantity else 0 end) as bigint) as returned_units
  from fact_order_line group by event_date, country, category)
select s.event_date, s.country, s.category, o.orders, s.units, s.net_minor, s.refund_minor, o.refunds, s.returned_units
from s join o on o.country = s.country and o.category = s.category
order by country, category
