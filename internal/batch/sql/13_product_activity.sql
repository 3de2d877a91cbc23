-- How often each product was looked at, and put into a cart.
with e as (
  select 'product_views' as topic, product_id, category, 1 as viewed, 0 as added, lake_source, log_partition, log_offset
  from lake_product_views where valid and event_date = {{from}} and product_id is not null
  union all
  select 'cart_events', product_id, category, 0, 1, lake_source, log_partition, log_offset
  from lake_cart_events where valid and event_date = {{from}} and product_id is not null and action = 'add')
select {{from}} as event_date, e.product_id, min(e.category) as category,
  cast(sum(e.viewed) as bigint) as views, cast(sum(e.added) as bigint) as cart_adds
from e
left join event_duplicate d
  on d.topic = e.topic and d.lake_source = e.lake_source and d.kpart = e.log_partition and d.koffset = e.log_offset
where d.event_id is null
group by e.product_id
order by e.product_id
