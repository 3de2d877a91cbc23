-- The lines of completed orders and of refunds. Tax and shipping are the order's own: they stand on its first line, in the
-- base currency. They are what the base total has above the lines (extras), shared between the two by the largest remainder, as
-- the live side does it.
with further as (
  select lake_source, log_partition, log_offset, cast(sum(coalesce(base_amount_minor, 0)) as bigint) as net_minor
  from lake_transactions
  where valid and event_date = {{from}} and line_no > 0 and status in ('completed', 'refunded')
  group by lake_source, log_partition, log_offset),
t as (
  select l.*, case when l.status = 'refunded' then -1 else 1 end as sign,
    l.base_total_minor - coalesce(l.base_amount_minor, 0) - coalesce(f.net_minor, 0) as extras
  from lake_transactions l
  left join event_duplicate d
    on d.topic = 'transactions' and d.lake_source = l.lake_source and d.kpart = l.log_partition and d.koffset = l.log_offset
  left join further f
    on f.lake_source = l.lake_source and f.log_partition = l.log_partition and f.log_offset = l.log_offset
  where l.valid and l.event_date = {{from}} and l.status in ('completed', 'refunded') and d.event_id is null),
y as (
  select t.*,
    case when line_no > 0 then 0
      when extras = tax_minor + shipping_minor then tax_minor
      when tax_minor + shipping_minor = 0 then extras
      else cast(floor(cast(abs(extras) as double) * tax_minor / nullif(tax_minor + shipping_minor, 0) + 0.5) as bigint)
        * case when extras < 0 then -1 else 1 end end as base_tax
  from t)
select event_date, event_time as ts, event_id, transaction_id, refund_id,
  id_key(user_id) as customer_key, user_id, visitor_id,
  id_key(product_id) as product_key, product_id,
  coalesce(nullif(category, ''), 'uncategorised') as category,
  coalesce(nullif(country, ''), 'ZZ') as country,
  line_no,
  case when status = 'refunded' then 1 else 0 end as is_refund,
  cast(sign * coalesce(quantity, 0) as bigint) as quantity,
  cast(sign * coalesce(base_amount_minor, 0) as bigint) as net_minor,
  is_order, is_product_order,
  cast(sign * base_tax as bigint) as tax_minor,
  case when line_no = 0 then cast(sign * (extras - base_tax) as bigint) else 0 end as shipping_minor,
  payment_method, source, lake_source, received_at, log_partition as kpart, log_offset as koffset
from y
order by ts, lake_source, kpart, koffset, line_no
