-- output product_base, whole: sums per product of eight disjoint ages, from which the periods of mart_product and those before them are made:
-- age 1 = the 7 days before {{to}}, 2 = the 7 before these (8..14), 3 = 15..30, 4 = 31..60, 5 = 61..90, 6 = 91..180, 7 = 181..365, 8 = 366..730.
-- Kept up like customer_base: a day that moves to another age, enters, leaves or changed is in both views, and a run reads some ten days.
with x as (
  select age, product_key, product_id, category, days, views, orders, units, net_minor, returned_units, refund_minor, cost_minor, unknown_costs
  from product_base_prev
  union all
  select case when event_date >= date_add({{to}}, -7) then 1 when event_date >= date_add({{to}}, -14) then 2 when event_date >= date_add({{to}}, -30) then 3
      when event_date >= date_add({{to}}, -60) then 4 when event_date >= date_add({{to}}, -90) then 5 when event_date >= date_add({{to}}, -180) then 6
      when event_date >= date_add({{to}}, -365) then 7 else 8 end as age,
    product_key, product_id, category, 1 as days, views, orders, units, net_minor, returned_units, refund_minor, coalesce(cost_minor, 0) as cost_minor,
    case when cost_minor is null and (orders > 0 or returned_units > 0) then 1 else 0 end as unknown_costs
  from fact_product_day_in where event_date >= date_add({{to}}, -730) and event_date < {{to}}
  union all
  select case when event_date >= date_add({{prev_to}}, -7) then 1 when event_date >= date_add({{prev_to}}, -14) then 2 when event_date >= date_add({{prev_to}}, -30) then 3
      when event_date >= date_add({{prev_to}}, -60) then 4 when event_date >= date_add({{prev_to}}, -90) then 5 when event_date >= date_add({{prev_to}}, -180) then 6
      when event_date >= date_add({{prev_to}}, -365) then 7 else 8 end as age,
    product_key, product_id, category, -1 as days, -views, -orders, -units, -net_minor, -returned_units, -refund_minor, -coalesce(cost_minor, 0) as cost_minor,
    case when cost_minor is null and (orders > 0 or returned_units > 0) then -1 else 0 end as unknown_costs
  from fact_product_day_out where event_date >= date_add({{prev_to}}, -730) and event_date < {{prev_to}})
select cast(age as int) as age, product_key, product_id, category, cast(sum(days) as bigint) as days, cast(sum(views) as bigint) as views,
  cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor,
  cast(sum(returned_units) as bigint) as returned_units, cast(sum(refund_minor) as bigint) as refund_minor,
  cast(sum(cost_minor) as bigint) as cost_minor, cast(sum(unknown_costs) as bigint) as unknown_costs
from x group by age, product_key, product_id, category having sum(days) > 0
