-- What each score of each measure came to mean: 15 rows, for ties can leave a score empty.
-- measure r in days since the last order, f in orders, m in minor units.
with cell as (
  select r, f, m, count(*) as customers, min(recency_days) as low_r, max(recency_days) as high_r, min(frequency) as low_f, max(frequency) as high_f,
    min(monetary_minor) as low_m, max(monetary_minor) as high_m
  from mart_rfm group by r, f, m),
n as (select cast(sum(customers) as bigint) as n from cell),
scored as (
  select 'r' as measure, r as score, customers, cast(low_r as bigint) as low, cast(high_r as bigint) as high from cell
  union all select 'f' as measure, f as score, customers, low_f as low, high_f as high from cell
  union all select 'm' as measure, m as score, customers, low_m as low, high_m as high from cell),
got as (
  select measure, score, cast(sum(customers) as bigint) as customers, min(low) as low, max(high) as high from scored group by measure, score),
measures as (select 'r' as measure union all select 'f' union all select 'm'),
scores as (select distinct r as score from dim_segment)
select a.measure, a.score, coalesce(got.customers, 0) as customers,
  cast(coalesce(got.customers, 0) as double) / cast(nullif(n.n, 0) as double) as customer_share, got.low as lowest, got.high as highest
from (select measures.measure, scores.score from measures cross join scores) a cross join n
left join got on got.measure = a.measure and got.score = a.score
order by a.measure, a.score
