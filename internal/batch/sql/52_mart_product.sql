-- Each product with facts in the 7, 30, 90 or 365 days before the as-of date, ranked by net revenue.
-- abc: A while the revenue of strictly better products is below 80 % of all that is positive, B below 95 %, else C. That is, down to the greatest
-- revenue with which 80 % are reached, which is looked for among coarse buckets first, and then only in the bucket where it lies. Rank and class
-- go by revenue: equal products share them. previous_rank: in the period of the same length before, if the facts reach back to its beginning and
-- the product sold in it. A period is the one before it and some ages more. Numbers stand for products and categories until the last step:
-- text is slow to group and sort. The order is period, category, falling revenue: as one number, which takes half the time of three.
with since as (select min(first_sold) as first_date from dim_geography),
age1 as (select product_key, views, orders, units, net_minor, returned_units, cost_minor, unknown_costs from product_base where age = 1),
days30 as (
  select product_key, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units, cast(sum(cost_minor) as bigint) as cost_minor,
    cast(sum(unknown_costs) as bigint) as unknown_costs
  from product_base where age <= 3 group by product_key),
days90 as (
  select product_key, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units, cast(sum(cost_minor) as bigint) as cost_minor,
    cast(sum(unknown_costs) as bigint) as unknown_costs
  from (
    select * from days30
    union all
    select product_key, views, orders, units, net_minor, returned_units, cost_minor, unknown_costs from product_base where age in (4, 5)) x
  group by product_key),
days365 as (
  select product_key, cast(sum(views) as bigint) as views, cast(sum(orders) as bigint) as orders, cast(sum(units) as bigint) as units,
    cast(sum(net_minor) as bigint) as net_minor, cast(sum(returned_units) as bigint) as returned_units, cast(sum(cost_minor) as bigint) as cost_minor,
    cast(sum(unknown_costs) as bigint) as unknown_costs
  from (
    select * from days90
    union all
    select product_key, views, orders, units, net_minor, returned_units, cost_minor, unknown_costs from product_base where age in (6, 7)) x
  group by product_key),
sums as (
  select 7 as period, * from age1 union all select 30 as period, * from days30
  union all select 90 as period, * from days90 union all select 365 as period, * from days365),
listed as (select product_key, product_id, name, brand, category from dim_product where is_current = 1),
named_before as (
  select d.product_key, max_by(d.category, d.valid_from) as category
  from dim_product d join listed l on l.product_key = d.product_key where l.category is null and d.category is not null group by d.product_key),
unlisted as (select product_key, max(product_id) as product_id, max(category) as category from product_unlisted group by product_key),
product as (
  select p.product_key, coalesce(l.product_id, u.product_id) as product_id, l.name, l.brand, coalesce(l.category, b.category, u.category) as category
  from days365 p
  left join listed l on l.product_key = p.product_key
  left join named_before b on b.product_key = p.product_key
  left join unlisted u on u.product_key = p.product_key),
numbered as (
  select p.product_key, c.category_number
  from product p
  join (select category, row_number() over (order by category) as category_number from (select distinct category from product) x) c on c.category = p.category),
placed as (
  select s.*, n.category_number, cast(rank() over (partition by s.period order by s.net_minor desc) as bigint) as revenue_rank,
    cast(rank() over (partition by s.period, n.category_number order by s.net_minor desc) as bigint) as rank_in_category
  from sums s join numbered n on n.product_key = s.product_key),
coarse as (
  select period, bucket, revenue, cast(sum(revenue) over (partition by period order by bucket desc rows between unbounded preceding and current row) as bigint) as reached
  from (select period, div(net_minor, 4096) as bucket, cast(sum(net_minor) as bigint) as revenue from sums where net_minor > 0 group by period, div(net_minor, 4096)) x),
goal as (
  select t.period, c.class, cast(t.total as decimal(38, 0)) * c.percent as due
  from (select period, max(reached) as total from coarse group by period) t cross join (select 'A' as class, 80 as percent union all select 'B', 95) c),
around as (
  select g.period, g.class, g.due, c.bucket, c.reached - c.revenue as above
  from coarse c join goal g on g.period = c.period
  where 100 * cast(c.reached - c.revenue as decimal(38, 0)) < g.due and 100 * cast(c.reached as decimal(38, 0)) >= g.due),
fine as (
  select period, class, due, net_minor, above + cast(sum(revenue) over (partition by period, class order by net_minor desc rows between unbounded preceding and current row) as bigint) as reached
  from (
    select a.period, a.class, a.due, a.above, s.net_minor, cast(sum(s.net_minor) as bigint) as revenue
    from sums s join around a on a.period = s.period and a.bucket = div(s.net_minor, 4096)
    where s.net_minor > 0 group by a.period, a.class, a.due, a.above, s.net_minor) x),
border as (
  select period, max(case when class = 'A' then net_minor end) as least_a, max(case when class = 'B' then net_minor end) as least_b
  from fine where 100 * cast(reached as decimal(38, 0)) >= due group by period),
before as (
  select period, product_key, case when orders > 0 then cast(rank() over (partition by period order by net_minor desc) as bigint) end as previous_rank
  from (
    select case age when 2 then 7 when 4 then 30 when 6 then 90 else 365 end as period, product_key, orders, net_minor
    from product_base where age in (2, 4, 6, 8)) x
  cross join since where since.first_date <= date_add({{as_of}}, -2 * period))
select cast(s.period as int) as period, p.product_key, p.product_id, p.name, p.brand, p.category, s.views, s.orders, s.units, s.net_minor, s.returned_units,
  cast(s.returned_units as double) / cast(nullif(s.units + s.returned_units, 0) as double) as return_rate,
  cast(s.orders as double) / cast(nullif(s.views, 0) as double) as view_to_buy,
  case when s.unknown_costs = 0 then s.cost_minor end as cost_minor,
  case when s.unknown_costs = 0 then s.net_minor - s.cost_minor end as margin_minor,
  case when s.unknown_costs = 0 then cast(s.net_minor - s.cost_minor as double) / cast(nullif(s.net_minor, 0) as double) end as margin_rate,
  s.revenue_rank, s.rank_in_category, b.previous_rank, b.previous_rank - s.revenue_rank as rank_change,
  case when s.net_minor >= x.least_a then 'A' when s.net_minor >= x.least_b then 'B' else 'C' end as abc
from placed s
left join border x on x.period = s.period
join product p on p.product_key = s.product_key
left join before b on b.period = s.period and b.product_key = s.product_key
order by 1000000000 * cast(100000 * s.period + s.category_number as bigint) + s.rank_in_category, s.product_key
