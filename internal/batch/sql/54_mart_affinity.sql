-- Pairs of products that were bought in one order in the 30 days before the as-of date; product_a is the lesser id.
-- support = orders with both / orders, confidence_ab = orders with both / orders with a, lift = confidence_ab / share of orders with b.
-- Only pairs of at least 5 orders, and of each product the 20 most frequent. fact_basket_pair leaves out orders of more than 50 products, so
-- what pairs are divided by leaves them out, too. Such an order has a line 50: lines are numbered from 0, and a file knows its highest number.
with long as (
  select distinct event_date, lake_source, kpart, koffset
  from fact_order_line where event_date >= {{from}} and event_date < {{to}} and line_no >= 50 and is_refund = 0),
line as (
  select distinct f.event_date, f.lake_source, f.kpart, f.koffset, f.product_key
  from fact_order_line f
  join long l on l.event_date = f.event_date and l.lake_source = f.lake_source and l.kpart = f.kpart and l.koffset = f.koffset
  where f.product_key is not null),
large as (select event_date, lake_source, kpart, koffset from line group by event_date, lake_source, kpart, koffset having count(*) > 50),
apart as (
  select l.product_key, count(*) as orders
  from line l
  join large g on g.event_date = l.event_date and g.lake_source = l.lake_source and g.kpart = l.kpart and g.koffset = l.koffset
  group by l.product_key),
total as (
  select cast(sum(orders) - max(n.n) as bigint) as orders
  from fact_sales_day cross join (select count(*) as n from large) n where event_date >= {{from}} and event_date < {{to}}),
pair as (
  select f.product_a, f.product_b, cast(sum(f.orders) as bigint) as orders
  from fact_basket_pair f
  where f.event_date >= {{from}} and f.event_date < {{to}}
  group by f.product_a, f.product_b having sum(f.orders) >= 5),
side as (select product_a as product, product_a, product_b, orders from pair union all select product_b as product, product_a, product_b, orders from pair),
ranked as (
  select product_a, product_b, row_number() over (partition by product order by orders desc, product_a, product_b) as n from side),
kept as (select distinct product_a, product_b from ranked where n <= 20),
named as (
  select p.product_a, p.product_b, id_key(p.product_a) as key_a, id_key(p.product_b) as key_b, p.orders
  from pair p join kept k on k.product_a = p.product_a and k.product_b = p.product_b),
sold as (
  select b.product_key, cast(b.orders - coalesce(a.orders, 0) as bigint) as orders
  from (select product_key, sum(orders) as orders from product_base where age <= 3 group by product_key having sum(orders) >= 5) b
  left join apart a on a.product_key = b.product_key)
select p.product_a, p.product_b, p.orders,
  cast(p.orders as double) / cast(nullif(t.orders, 0) as double) as support,
  cast(p.orders as double) / cast(a.orders as double) as confidence_ab,
  cast(p.orders as double) / cast(b.orders as double) as confidence_ba,
  cast(p.orders as double) * cast(nullif(t.orders, 0) as double) / cast(a.orders as double) / cast(b.orders as double) as lift
from named p
join sold a on a.product_key = p.key_a
join sold b on b.product_key = p.key_b
cross join total t
order by product_a, product_b
