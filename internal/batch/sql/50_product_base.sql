-- Sums of each product over eight ages that do not overlap, counted in days before the as-of date: age 1 is 1 to 7 days old, 2 is 8 to 14,
-- 3 is 15 to 30, 4 to 60, 5 to 90, 6 to 180, 7 to 365, 8 to 730. The periods of mart_product, and those before them, are sums of these.
-- unknown_costs: days on which something moved whose cost is not known.
with d as (
  select 1 as age, * from product_age1
  union all select 2 as age, * from product_age2
  union all select 3 as age, * from product_age3
  union all select 4 as age, * from product_age4
  union all select 5 as age, * from product_age5
  union all select 6 as age, * from product_age6
  union all select 7 as age, * from product_age7
  union all select 8 as age, * from product_age8),
x as (
  select age, product_key, product_id, category, 1 as days, views, orders, units, net_minor, returned_units, coalesce(cost_minor, 0) as cost_minor,
    case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 else 0 end as unknown_costs
  from d)
select cast(age as int) as age, product_key, product_id, category, cast(sum(days) as bigint) as days, cast(sum(views) as bigint) as views,
  cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor,
  cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(cost_minor) as bigint) as cost_minor, cast(sum(unknown_costs) as bigint) as unknown_costs
from x
group by age, product_key, product_id, category
