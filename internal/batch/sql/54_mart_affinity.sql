-- Pairs of products that were bought in one order in the 30 days before the as-of date; product_a is the lesser id.
-- support = orders with both / all orders, confidence_ab = orders with both / orders with a, lift = confidence_ab / share of orders with b.
-- Only pairs of at least 5 orders, and of each product the 20 most frequent.
with sold as (
  select product_key, max(product_id) as product_id, cast(sum(orders) as bigint) as orders from product_base where age <= 3
  group by product_key having sum(orders) >= 5),
total as (select cast(sum(orders) as bigint) as orders from fact_sales_day where event_date >= {{from}} and event_date < {{to}}),
pair as (
  select f.product_a, f.product_b, cast(sum(f.orders) as bigint) as orders
  from fact_basket_pair f
  where f.event_date >= {{from}} and f.event_date < {{to}}
  group by f.product_a, f.product_b having sum(f.orders) >= 5),
side as (select product_a as product, product_a, product_b, orders from pair union all select product_b as product, product_a, product_b, orders from pair),
ranked as (
  select product_a, product_b, row_number() over (partition by product order by orders desc, product_a, product_b) as n from side),
kept as (select distinct product_a, product_b from ranked where n <= 20)
select a.product_id as product_a, b.product_id as product_b, p.orders,
  cast(p.orders as double) / cast(nullif(t.orders, 0) as double) as support,
  cast(p.orders as double) / cast(a.orders as double) as confidence_ab,
  cast(p.orders as double) / cast(b.orders as double) as confidence_ba,
  cast(p.orders as double) * cast(nullif(t.orders, 0) as double) / cast(a.orders as double) / cast(b.orders as double) as lift
from pair p
join kept k on k.product_a = p.product_a and k.product_b = p.product_b
join sold a on a.product_id = p.product_a
join sold b on b.product_id = p.product_b
cross join total t
order by product_a, product_b
