-- output segment_open, whole: the segment that each customer is in as of {{to}}, and since which run. With mart_segment_interval these
-- are the daily snapshots, as intervals. A repeated run begins with what was known before {{to}}: it gives the same again.
with before as (
  select customer_key, segment, from_date from segment_open_prev where from_date < {{to}}
  union all
  select customer_key, segment, from_date from mart_segment_interval_prev where from_date < {{to}} and to_date >= {{to}})
select r.customer_key, r.segment, case when b.segment = r.segment then b.from_date else {{to}} end as from_date
from mart_rfm r left join before b on b.customer_key = r.customer_key
