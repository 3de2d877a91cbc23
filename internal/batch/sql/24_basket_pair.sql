-- Which products were bought together. An order of n products has n(n-1)/2 pairs; those of more than 50 are left out. The lines
-- that are the first of their product in an order are its products; most orders have one, which makes no pair.
with l as (
  select event_date, lake_source, kpart, koffset, product_id
  from fact_order_line where is_product_order = 1 and product_id is not null),
n as (select lake_source, kpart, koffset from l group by lake_source, kpart, koffset having count(*) > 1 and count(*) <= 50),
m as (select l.* from l join n on n.lake_source = l.lake_source and n.kpart = l.kpart and n.koffset = l.koffset)
select a.event_date, a.product_id as product_a, b.product_id as product_b, cast(count(*) as bigint) as orders
from m a join m b on b.lake_source = a.lake_source and b.kpart = a.kpart and b.koffset = a.koffset and a.product_id < b.product_id
group by a.event_date, a.product_id, b.product_id
order by product_a, product_b
