-- Sums of each product over eight ages that do not overlap, counted in days before the as-of date: age 1 is 1 to 7 days old, 2 is 8 to 14,
-- 3 is 15 to 30, 4 to 60, 5 to 90, 6 to 180, 7 to 365, 8 to 730. The periods of mart_product, and those before them, are sums of these.
-- unknown_costs: days on which something moved whose cost is not known. Text is left out (see product_unlisted): it doubles the time. The ages are
-- grouped one by one: that takes half the memory.
select cast(1 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age1 group by product_key
union all
select cast(2 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age2 group by product_key
union all
select cast(3 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age3 group by product_key
union all
select cast(4 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age4 group by product_key
union all
select cast(5 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age5 group by product_key
union all
select cast(6 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age6 group by product_key
union all
select cast(7 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age7 group by product_key
union all
select cast(8 as int) as age, product_key, count(*) as days, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders,
  cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units,
  cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
  count(case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 end) as unknown_costs
from product_age8 group by product_key
