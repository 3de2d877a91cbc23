-- Each product with facts in the 7, 30, 90 or 365 days before the as-of date, ranked by net revenue.
-- abc: A while the revenue of strictly better products is below 80 % of all that is positive, B below 95 %, else C. Rank and class go by
-- distinct revenues: equal products share them. previous_rank: in the period of the same length before, if the facts reach back
-- to its beginning and the product sold in it. Numbers stand for products and categories until the last step: text is slow to group and sort.
with covers as (
  select 7 as period, 1 as age union all
  select 30, 1 union all select 30, 2 union all select 30, 3 union all
  select 90, 1 union all select 90, 2 union all select 90, 3 union all select 90, 4 union all select 90, 5 union all
  select 365, 1 union all select 365, 2 union all select 365, 3 union all select 365, 4 union all select 365, 5 union all select 365, 6 union all select 365, 7),
covered_before as (
  select 7 as period, 2 as age union all select 30, 4 union all select 90, 6 union all select 365, 8),
since as (select min(first_sold) as first_date from dim_geography),
sums as (
  select c.period, b.product_key, cast(sum(b.views) as bigint) as views, cast(sum(b.orders) as bigint) as orders, cast(sum(b.units) as bigint) as units,
    cast(sum(b.net_minor) as bigint) as net_minor, cast(sum(b.returned_units) as bigint) as returned_units, cast(sum(b.cost_minor) as bigint) as cost_minor,
    cast(sum(b.unknown_costs) as bigint) as unknown_costs
  from product_base b join covers c on c.age = b.age
  group by c.period, b.product_key),
product as (
  select b.product_key, b.product_id, d.name, d.brand, coalesce(d.category, b.category) as category
  from (select product_key, max(product_id) as product_id, max(category) as category from product_base where age <= 7 group by product_key) b
  left join dim_product d on d.product_key = b.product_key and d.is_current = 1),
numbered as (
  select p.product_key, c.category_number
  from product p
  join (select category, row_number() over (order by category) as category_number from (select distinct category from product) x) c on c.category = p.category),
total as (select period, cast(sum(case when net_minor > 0 then net_minor else 0 end) as bigint) as total from sums group by period),
revenue as (
  select period, net_minor, cast(sum(n) over (partition by period order by net_minor desc rows between unbounded preceding and current row) - n + 1 as bigint) as revenue_rank,
    cast(sum(n * positive) over (partition by period order by net_minor desc rows between unbounded preceding and current row) - n * positive as bigint) as better
  from (select period, net_minor, case when net_minor > 0 then net_minor else 0 end as positive, count(*) as n from sums group by period, net_minor) x),
before as (
  select period, product_key, orders, cast(rank() over (partition by period order by net_minor desc) as bigint) as previous_rank
  from (
    select c.period, b.product_key, cast(sum(b.net_minor) as bigint) as net_minor, cast(sum(b.orders) as bigint) as orders
    from product_base b join covered_before c on c.age = b.age cross join since
    where since.first_date <= date_add({{as_of}}, -2 * c.period)
    group by c.period, b.product_key) x),
ranked as (
  select s.*, n.category_number, r.revenue_rank,
    cast(rank() over (partition by s.period, n.category_number order by s.net_minor desc) as bigint) as rank_in_category,
    case when b.orders > 0 then b.previous_rank end as previous_rank,
    case when 100 * cast(r.better as decimal(38, 0)) < 80 * cast(t.total as decimal(38, 0)) then 'A'
         when 100 * cast(r.better as decimal(38, 0)) < 95 * cast(t.total as decimal(38, 0)) then 'B' else 'C' end as abc
  from sums s
  join numbered n on n.product_key = s.product_key
  join revenue r on r.period = s.period and r.net_minor = s.net_minor
  join total t on t.period = s.period
  left join before b on b.period = s.period and b.product_key = s.product_key)
select cast(r.period as int) as period, p.product_id, p.name, p.brand, p.category, r.views, r.orders, r.units, r.net_minor, r.returned_units,
  cast(r.returned_units as double) / cast(nullif(r.units + r.returned_units, 0) as double) as return_rate,
  cast(r.orders as double) / cast(nullif(r.views, 0) as double) as view_to_buy,
  case when r.unknown_costs = 0 then r.cost_minor end as cost_minor,
  case when r.unknown_costs = 0 then r.net_minor - r.cost_minor end as margin_minor,
  case when r.unknown_costs = 0 then cast(r.net_minor - r.cost_minor as double) / cast(nullif(r.net_minor, 0) as double) end as margin_rate,
  r.revenue_rank, r.rank_in_category, r.previous_rank, r.previous_rank - r.revenue_rank as rank_change, r.abc
from ranked r join product p on p.product_key = r.product_key
order by r.period, r.category_number, r.net_minor desc, r.product_key
