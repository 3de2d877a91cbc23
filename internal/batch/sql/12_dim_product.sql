-- Every change of what the catalogue says of a product. Of records with one time the one received last counts. A cost of 0 is one that is not known.
with a as (
  select product_id, name, brand, category, price_minor, nullif(cost_minor, 0) as cost_minor, active, event_time as ts,
    row_number() over (partition by product_id, event_time order by received_at desc, lake_source desc, log_partition desc, log_offset desc) as rn
  from lake_products where valid and product_id is not null),
b as (
  select *, concat_ws('|', coalesce(name, '~'), coalesce(brand, '~'), coalesce(category, '~'), coalesce(cast(price_minor as varchar(30)), '~'),
    coalesce(cast(cost_minor as varchar(30)), '~'), coalesce(cast(active as varchar(5)), '~')) as said
  from a where rn = 1),
c as (select *, lag(said) over (partition by product_id order by ts) as said_before from b),
d as (select * from c where said_before is distinct from said)
select id_key(product_id) as product_key, product_id, name, brand, category, price_minor, cost_minor, active,
  ts as valid_from, lead(ts) over (partition by product_id order by ts) as valid_to,
  case when lead(ts) over (partition by product_id order by ts) is null then 1 else 0 end as is_current
from d
order by product_id, valid_from
