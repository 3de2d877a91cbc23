-- The customers whose first completed order is in the month: those who have one, and are in no month before.
select {{from}} as cohort, m.customer_key
from customer_month m left join (select customer_key from cohort_member where cohort < {{from}}) b on b.customer_key = m.customer_key
where m.month = {{from}} and m.orders > 0 and b.customer_key is null
