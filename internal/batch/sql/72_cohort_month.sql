-- Of the customers of each cohort, how many ordered in the month, and their net revenue in it.
select c.cohort, m.month, cast(count(case when m.orders > 0 then 1 end) as bigint) as customers, cast(sum(m.net_minor) as bigint) as net_minor
from customer_month m join cohort_member c on c.customer_key = m.customer_key
where m.month = {{from}} and c.cohort <= m.month
group by c.cohort, m.month
order by c.cohort
