-- What happened to each product. The cost is that of the catalogue at the time of the line; before its first record, that of the first.
with c as (
  select product_id, cost_minor, valid_to,
    case when row_number() over (partition by product_id order by valid_from) = 1 then timestamp '0001-01-01 00:00:00' else valid_from end as valid_from
  from dim_product),
l as (
  select f.product_id, f.product_key, f.category, f.quantity, f.net_minor, f.is_product_order, f.is_refund, f.quantity * c.cost_minor as cost_minor
  from fact_order_line f
  left join c on c.product_id = f.product_id and f.ts >= c.valid_from and (f.ts < c.valid_to or c.valid_to is null)
  where f.product_id is not null),
s as (
  select product_id, min(category) as category,
    cast(sum(is_product_order) as int) as orders,
    cast(sum(quantity) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(case when is_refund = 1 then -quantity else 0 end) as bigint) as returned_units,
    cast(sum(case when is_refund = 1 then -net_minor else 0 end) as bigint) as refund_minor,
    case when count(cost_minor) = count(*) then cast(sum(cost_minor) as bigint) end as cost_minor
  from l group by product_id)
select {{from}} as event_date, coalesce(s.product_id, a.product_id) as product_id, id_key(coalesce(s.product_id, a.product_id)) as product_key,
  coalesce(s.category, nullif(a.category, ''), 'uncategorised') as category,
  coalesce(a.views, 0) as views, coalesce(a.cart_adds, 0) as cart_adds,
  coalesce(s.orders, 0) as orders, coalesce(s.units, 0) as units, coalesce(s.net_minor, 0) as net_minor,
  coalesce(s.returned_units, 0) as returned_units, coalesce(s.refund_minor, 0) as refund_minor,
  case when s.product_id is null then 0 else s.cost_minor end as cost_minor
from s full outer join fact_product_activity a on a.product_id = s.product_id
order by product_id
