-- output mart_cohort, whole: of the customers whose first completed order lies in the month cohort, how many ordered in each month from then
-- on, and their net revenue in it. Months from {{rebuild_from}} on are counted again, the others kept: a customer's cohort can only change
-- together with the month that it is in.
with d as (
  select customer_key, month_start(event_date) as month, cast(sum(orders) as bigint) as orders, cast(sum(net_minor) as bigint) as net_minor
  from fact_customer_day where event_date >= {{rebuild_from}} and event_date < {{to}} and month_start(event_date) >= {{rebuild_from}}
  group by customer_key, month_start(event_date)),
n as (
  select month_start(l.first_order_date) as cohort, d.month, cast(count(case when d.orders > 0 then 1 end) as bigint) as customers,
    cast(sum(d.net_minor) as bigint) as net_minor
  from d join customer_life l on l.customer_key = d.customer_key
  where l.first_order_date is not null and d.month >= month_start(l.first_order_date)
  group by month_start(l.first_order_date), d.month),
a as (
  select cohort, month, customers, net_minor from mart_cohort_prev where month < {{rebuild_from}}
  union all
  select cohort, month, customers, net_minor from n),
size as (select cohort, customers from a where month = cohort)
select a.cohort, a.month, cast(12 * (year(a.month) - year(a.cohort)) + month(a.month) - month(a.cohort) as int) as age_months, a.customers,
  cast(a.customers as double) / cast(nullif(size.customers, 0) as double) as retention, a.net_minor,
  case when add_months(a.month, 1) <= {{to}} then 1 else 0 end as is_complete
from a join size on size.cohort = a.cohort
order by a.cohort, a.month
