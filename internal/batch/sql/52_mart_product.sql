-- Each product with facts in the 7, 30, 90 or 365 days before the as-of date, ranked by net revenue.
-- abc: A while the revenue of strictly better products is below 80 % of all that is positive, B below 95 %, else C. Rank and class go by
-- distinct revenues: equal products share them. previous_rank: in the period of the same length before, if the facts reach back
-- to its beginning and the product sold in it.
with p as (select 7 as days, 1 as ages union all select 30, 3 union all select 90, 5 union all select 365, 7),
since as (select min(first_sold) as first_date from dim_geography),
cur as (
  select p.days as period, b.product_key, max(b.product_id) as product_id, max(b.category) as last_category, cast(sum(b.views) as bigint) as views,
    cast(sum(b.orders) as bigint) as orders, cast(sum(b.units) as bigint) as units, cast(sum(b.net_minor) as bigint) as net_minor,
    cast(sum(b.returned_units) as bigint) as returned_units, cast(sum(b.cost_minor) as bigint) as cost_minor, cast(sum(b.unknown_costs) as bigint) as unknown_costs
  from product_base b join p on b.age <= p.ages group by p.days, b.product_key),
total as (select period, cast(sum(case when net_minor > 0 then net_minor else 0 end) as bigint) as total from cur group by period),
v as (
  select period, net_minor, cast(sum(n) over w - n + 1 as bigint) as revenue_rank,
    cast(sum(n * case when net_minor > 0 then net_minor else 0 end) over w - n * case when net_minor > 0 then net_minor else 0 end as bigint) as better
  from (select period, net_minor, count(*) as n from cur group by period, net_minor) x
  window w as (partition by period order by net_minor desc rows between unbounded preceding and current row)),
past as (
  select q.days as period, b.product_key, cast(sum(b.net_minor) as bigint) as net_minor, cast(sum(b.orders) as bigint) as orders
  from product_base b
  join (select 7 as days, 2 as low, 2 as high union all select 30, 4, 4 union all select 90, 6, 6 union all select 365, 8, 8) q on b.age >= q.low and b.age <= q.high
  cross join since
  where since.first_date <= date_add({{as_of}}, -2 * q.days)
  group by q.days, b.product_key),
past_rank as (select period, product_key, orders, cast(rank() over (partition by period order by net_minor desc) as bigint) as previous_rank from past),
known as (select product_key, name, brand, category from dim_product where is_current = 1),
named as (
  select cur.*, d.name, d.brand, coalesce(d.category, cur.last_category) as category
  from cur left join known d on d.product_key = cur.product_key)
select cast(a.period as int) as period, a.product_id, a.name, a.brand, a.category, a.views, a.orders, a.units, a.net_minor, a.returned_units,
  cast(a.returned_units as double) / cast(nullif(a.units + a.returned_units, 0) as double) as return_rate,
  cast(a.orders as double) / cast(nullif(a.views, 0) as double) as view_to_buy,
  case when a.unknown_costs = 0 then a.cost_minor end as cost_minor,
  case when a.unknown_costs = 0 then a.net_minor - a.cost_minor end as margin_minor,
  case when a.unknown_costs = 0 then cast(a.net_minor - a.cost_minor as double) / cast(nullif(a.net_minor, 0) as double) end as margin_rate,
  v.revenue_rank, cast(rank() over (partition by a.period, a.category order by a.net_minor desc) as bigint) as rank_in_category,
  case when b.orders > 0 then b.previous_rank end as previous_rank,
  case when b.orders > 0 then b.previous_rank - v.revenue_rank end as rank_change,
  case when 100 * cast(v.better as decimal(38, 0)) < 80 * cast(t.total as decimal(38, 0)) then 'A'
       when 100 * cast(v.better as decimal(38, 0)) < 95 * cast(t.total as decimal(38, 0)) then 'B' else 'C' end as abc
from named a
join v on v.period = a.period and v.net_minor = a.net_minor
join total t on t.period = a.period
left join past_rank b on b.period = a.period and b.product_key = a.product_key
order by period, category, net_minor desc, product_id
