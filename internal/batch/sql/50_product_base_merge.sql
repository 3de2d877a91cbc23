-- The same from the base before, the rows of the days that came to an age and those of the days that left it: some ten days of any history.
-- A row is gone with the last of its days.
with moved as (
  select 1 as age, 1 as sign, * from product_age1_in union all select 1 as age, -1 as sign, * from product_age1_out
  union all select 2 as age, 1 as sign, * from product_age2_in union all select 2 as age, -1 as sign, * from product_age2_out
  union all select 3 as age, 1 as sign, * from product_age3_in union all select 3 as age, -1 as sign, * from product_age3_out
  union all select 4 as age, 1 as sign, * from product_age4_in union all select 4 as age, -1 as sign, * from product_age4_out
  union all select 5 as age, 1 as sign, * from product_age5_in union all select 5 as age, -1 as sign, * from product_age5_out
  union all select 6 as age, 1 as sign, * from product_age6_in union all select 6 as age, -1 as sign, * from product_age6_out
  union all select 7 as age, 1 as sign, * from product_age7_in union all select 7 as age, -1 as sign, * from product_age7_out
  union all select 8 as age, 1 as sign, * from product_age8_in union all select 8 as age, -1 as sign, * from product_age8_out),
x as (
  select age, product_key, days, views, orders, units, net_minor, returned_units, cost_minor, unknown_costs
  from product_base_prev
  union all
  select age, product_key, sign as days, sign * views as views, sign * orders as orders, sign * units as units,
    sign * net_minor as net_minor, sign * returned_units as returned_units, sign * coalesce(cost_minor, 0) as cost_minor,
    case when cost_minor is null and (orders > 0 or returned_units > 0) then sign else 0 end as unknown_costs
  from moved)
select cast(age as int) as age, product_key, cast(sum(days) as bigint) as days, cast(sum(views) as bigint) as views,
  cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor,
  cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(cost_minor) as bigint) as cost_minor, cast(sum(unknown_costs) as bigint) as unknown_costs
from x
group by age, product_key
having sum(days) > 0
