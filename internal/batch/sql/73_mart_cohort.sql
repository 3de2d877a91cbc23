-- Retention of the customers by the month of their first completed order: of all of them, those who ordered in a month.
with size as (select cohort, customers from cohort_month where month = cohort)
select m.cohort, m.month, cast(12 * (year(m.month) - year(m.cohort)) + month(m.month) - month(m.cohort) as int) as age_months, m.customers,
  cast(m.customers as double) / cast(nullif(s.customers, 0) as double) as retention, m.net_minor,
  case when add_months(m.month, 1) <= {{as_of}} then 1 else 0 end as is_complete
from cohort_month m join size s on s.cohort = m.cohort
order by cohort, month
