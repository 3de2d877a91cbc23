-- The daily snapshots of the customers' segments, as intervals: the first one.
select customer_key, segment, {{as_of}} as from_date, cast(null as date) as to_date
from mart_rfm
