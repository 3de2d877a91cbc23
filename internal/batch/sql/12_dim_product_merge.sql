-- The changes that are known, and those that new records of the catalogue tell. At one time the new record counts. A cost of 0 is one that is not known.
-- A product without a new record stays as it is.
with n as (
  select product_id, name, brand, category, price_minor, nullif(cost_minor, 0) as cost_minor, active, event_time as ts, 1 as is_new,
    received_at, lake_source, log_partition, log_offset
  from lake_products_in where valid and product_id is not null),
told as (select distinct product_id from n),
a as (
  select * from n
  union all
  select p.product_id, p.name, p.brand, p.category, p.price_minor, p.cost_minor, p.active, p.valid_from, 0, null, null, null, null
  from dim_product_prev p join told on told.product_id = p.product_id),
f as (
  select *, row_number() over (partition by product_id, ts
    order by is_new desc, received_at desc nulls last, lake_source desc nulls last, log_partition desc nulls last, log_offset desc nulls last) as rn from a),
b as (
  select *, concat_ws('|', coalesce(name, '~'), coalesce(brand, '~'), coalesce(category, '~'), coalesce(cast(price_minor as varchar(30)), '~'),
    coalesce(cast(cost_minor as varchar(30)), '~'), coalesce(cast(active as varchar(5)), '~')) as said
  from f where rn = 1),
c as (select *, lag(said) over (partition by product_id order by ts) as said_before from b),
d as (select * from c where said_before is distinct from said)
select id_key(product_id) as product_key, product_id, name, brand, category, price_minor, cost_minor, active,
  ts as valid_from, lead(ts) over (partition by product_id order by ts) as valid_to,
  case when lead(ts) over (partition by product_id order by ts) is null then 1 else 0 end as is_current
from d
union all
select p.product_key, p.product_id, p.name, p.brand, p.category, p.price_minor, p.cost_minor, p.active, p.valid_from, p.valid_to, p.is_current
from dim_product_prev p left join told on told.product_id = p.product_id
where told.product_id is null
order by product_id, valid_from
