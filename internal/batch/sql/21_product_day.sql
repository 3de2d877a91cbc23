-- What happened to each product. The cost is that of the catalogue at the time of the line; one line without a cost leaves the day without.
with c as (
  select f.product_key, count(*) as priced, cast(sum(f.quantity * p.cost_minor) as bigint) as cost_minor
  from fact_order_line f join dim_product p on p.product_key = f.product_key
  where f.ts >= p.valid_from and (f.ts < p.valid_to or p.valid_to is null) and p.cost_minor is not null
  group by f.product_key),
l as (
  select product_id, product_key, min(category) as category, count(*) as n,
    cast(sum(is_product_order) as int) as orders,
    cast(sum(quantity) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(case when is_refund = 1 then -quantity else 0 end) as bigint) as returned_units,
    cast(sum(case when is_refund = 1 then -net_minor else 0 end) as bigint) as refund_minor
  from fact_order_line where product_id is not null group by product_id, product_key),
s as (
  select l.*, case when c.priced = l.n then c.cost_minor end as cost_minor
  from l left join c on c.product_key = l.product_key)
select {{from}} as event_date, coalesce(s.product_id, a.product_id) as product_id, id_key(coalesce(s.product_id, a.product_id)) as product_key,
  coalesce(s.category, nullif(a.category, ''), 'uncategorised') as category,
  coalesce(a.views, 0) as views, coalesce(a.cart_adds, 0) as cart_adds,
  coalesce(s.orders, 0) as orders, coalesce(s.units, 0) as units, coalesce(s.net_minor, 0) as net_minor,
  coalesce(s.returned_units, 0) as returned_units, coalesce(s.refund_minor, 0) as refund_minor,
  case when s.product_id is null then 0 else s.cost_minor end as cost_minor
from s full outer join fact_product_activity a on a.product_id = s.product_id
order by product_id
