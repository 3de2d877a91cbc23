-- The lines of completed orders and of refunds. Tax and shipping are the order's own: they stand on its first line, in the
-- base currency. They are what the base total has above the lines, shared between the two by the largest remainder, as the
-- live side does it.
with t as (
  select l.*, case when l.status = 'refunded' then -1 else 1 end as sign
  from lake_transactions l
  left join event_duplicate d
    on d.topic = 'transactions' and d.lake_source = l.lake_source and d.kpart = l.log_partition and d.koffset = l.log_offset
  where l.valid and l.event_date = {{from}} and l.status in ('completed', 'refunded') and d.event_id is null),
x as (
  select lake_source, log_partition, log_offset,
    cast(max(base_total_minor) - sum(coalesce(base_amount_minor, 0)) as bigint) as extras,
    max(tax_minor) as tax, max(shipping_minor) as shipping
  from t group by lake_source, log_partition, log_offset),
y as (
  select lake_source, log_partition, log_offset, extras,
    case when extras = tax + shipping then tax
      when tax + shipping = 0 then extras
      else cast(floor(cast(abs(extras) as double) * tax / nullif(tax + shipping, 0) + 0.5) as bigint) * case when extras < 0 then -1 else 1 end end as tax
  from x)
select t.event_date, t.event_time as ts, t.event_id, t.transaction_id, t.refund_id,
  id_key(t.user_id) as customer_key, t.user_id, t.visitor_id,
  id_key(t.product_id) as product_key, t.product_id,
  coalesce(nullif(t.category, ''), 'uncategorised') as category,
  coalesce(nullif(t.country, ''), 'ZZ') as country,
  t.line_no,
  case when t.status = 'refunded' then 1 else 0 end as is_refund,
  cast(t.sign * coalesce(t.quantity, 0) as bigint) as quantity,
  cast(t.sign * coalesce(t.base_amount_minor, 0) as bigint) as net_minor,
  t.is_order, t.is_product_order,
  case when t.line_no = 0 then cast(t.sign * y.tax as bigint) else 0 end as tax_minor,
  case when t.line_no = 0 then cast(t.sign * (y.extras - y.tax) as bigint) else 0 end as shipping_minor,
  t.payment_method, t.source, t.lake_source, t.received_at, t.log_partition as kpart, t.log_offset as koffset
from t join y on y.lake_source = t.lake_source and y.log_partition = t.log_partition and y.log_offset = t.log_offset
order by ts, lake_source, kpart, koffset, line_no
