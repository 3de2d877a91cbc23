-- The same from the base before, the rows of the days that came to an age and those of the days that left it: some ten days of any history.
-- A row is gone with the last of its days. What moved is grouped alone, and joined to the base: most rows have not moved.
with moved as (
  select 1 as age, 1 as sign, * from product_age1_in union all select 1 as age, -1 as sign, * from product_age1_out
  union all select 2 as age, 1 as sign, * from product_age2_in union all select 2 as age, -1 as sign, * from product_age2_out
  union all select 3 as age, 1 as sign, * from product_age3_in union all select 3 as age, -1 as sign, * from product_age3_out
  union all select 4 as age, 1 as sign, * from product_age4_in union all select 4 as age, -1 as sign, * from product_age4_out
  union all select 5 as age, 1 as sign, * from product_age5_in union all select 5 as age, -1 as sign, * from product_age5_out
  union all select 6 as age, 1 as sign, * from product_age6_in union all select 6 as age, -1 as sign, * from product_age6_out
  union all select 7 as age, 1 as sign, * from product_age7_in union all select 7 as age, -1 as sign, * from product_age7_out
  union all select 8 as age, 1 as sign, * from product_age8_in union all select 8 as age, -1 as sign, * from product_age8_out),
changed as (
  select age, product_key, cast(sum(sign) as bigint) as days, cast(sum(sign * views) as bigint) as views, cast(sum(sign * orders) as bigint) as orders,
    cast(sum(sign * units) as bigint) as units, cast(sum(sign * net_minor) as bigint) as net_minor, cast(sum(sign * returned_units) as bigint) as returned_units,
    cast(sum(sign * coalesce(cost_minor, 0)) as bigint) as cost_minor,
    cast(sum(case when cost_minor is null and (orders > 0 or returned_units > 0) then sign else 0 end) as bigint) as unknown_costs
  from moved group by age, product_key)
select cast(coalesce(p.age, d.age) as int) as age, coalesce(p.product_key, d.product_key) as product_key, coalesce(p.days, 0) + coalesce(d.days, 0) as days,
  coalesce(p.views, 0) + coalesce(d.views, 0) as views, coalesce(p.orders, 0) + coalesce(d.orders, 0) as orders, coalesce(p.units, 0) + coalesce(d.units, 0) as units,
  coalesce(p.net_minor, 0) + coalesce(d.net_minor, 0) as net_minor, coalesce(p.returned_units, 0) + coalesce(d.returned_units, 0) as returned_units,
  coalesce(p.cost_minor, 0) + coalesce(d.cost_minor, 0) as cost_minor, coalesce(p.unknown_costs, 0) + coalesce(d.unknown_costs, 0) as unknown_costs
from product_base_prev p full outer join changed d on d.product_key = p.product_key and d.age = p.age
where coalesce(p.days, 0) + coalesce(d.days, 0) > 0
