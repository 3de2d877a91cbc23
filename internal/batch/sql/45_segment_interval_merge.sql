-- The next snapshot: who is in another segment than before, or in none, has left it with this run. What was known of {{as_of}} and later is
-- taken back first, so that a run for the same date, or an earlier one, adds to what was known before it. Intervals that no period of
-- mart_migration needs any more go: those that ended 90 days, and 31 to take back, before the last change. Who goes back further begins anew.
with known as (select max(greatest(from_date, coalesce(to_date, from_date))) as last_date from mart_segment_interval_prev),
before as (
  select i.customer_key, i.segment, i.from_date, case when i.to_date < {{as_of}} then i.to_date end as to_date
  from mart_segment_interval_prev i cross join known k
  where i.from_date < {{as_of}} and k.last_date <= date_add({{as_of}}, 31)),
ongoing as (
  select b.customer_key, b.segment, b.from_date, r.segment as segment_now
  from before b left join mart_rfm r on r.customer_key = b.customer_key
  where b.to_date is null)
select b.customer_key, b.segment, b.from_date, b.to_date from before b cross join known k where b.to_date > date_add(k.last_date, -121)
union all
select customer_key, segment, from_date, case when segment is distinct from segment_now then {{as_of}} end as to_date from ongoing
union all
select r.customer_key, r.segment, {{as_of}} as from_date, cast(null as date) as to_date
from mart_rfm r left join ongoing o on o.customer_key = r.customer_key
where o.segment is distinct from r.segment
