-- output mart_segment_interval, by event_date (the run that ended them): stays in a segment that are over, [from_date, to_date).
-- Those that go on are in segment_open. A customer without an order in the window is in no segment.
with before as (
  select customer_key, segment, from_date from segment_open_prev where from_date < {{to}}
  union all
  select customer_key, segment, from_date from mart_segment_interval_prev where from_date < {{to}} and to_date >= {{to}})
select {{to}} as event_date, b.customer_key, b.segment, b.from_date, {{to}} as to_date
from before b left join mart_rfm r on r.customer_key = b.customer_key
where r.segment is distinct from b.segment
order by b.customer_key
