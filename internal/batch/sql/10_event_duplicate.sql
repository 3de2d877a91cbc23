-- The valid records of a day that repeat one received before them: first by event_id within the topic, then, of the
-- orders that are left, by what they tell of which order. Everything else leaves these out, so the rule is here alone.
-- Of the days beside it only records count that share a key with the day. Windows run over the records whose key is
-- there twice: nearly none, so they cost nothing. The keys alone are counted first (k), from the lake itself: what several
-- parts of a query read is kept in memory as a whole, and three days of events are too many for that.
with k as (
  select 'transactions' as topic, event_id from lake_transactions
  where valid and line_no = 0 and event_date >= date_add({{from}}, -1) and event_date < date_add({{to}}, 1) group by event_id having count(*) > 1
  union all
  select 'product_views', event_id from lake_product_views
  where valid and event_date >= date_add({{from}}, -1) and event_date < date_add({{to}}, 1) group by event_id having count(*) > 1
  union all
  select 'cart_events', event_id from lake_cart_events
  where valid and event_date >= date_add({{from}}, -1) and event_date < date_add({{to}}, 1) group by event_id having count(*) > 1),
e as (
  select 'transactions' as topic, event_date, event_id, received_at, lake_source, log_partition, log_offset
  from lake_transactions where valid and line_no = 0 and event_date >= date_add({{from}}, -1) and event_date < date_add({{to}}, 1)
  union all
  select 'product_views', event_date, event_id, received_at, lake_source, log_partition, log_offset
  from lake_product_views where valid and event_date >= date_add({{from}}, -1) and event_date < date_add({{to}}, 1)
  union all
  select 'cart_events', event_date, event_id, received_at, lake_source, log_partition, log_offset
  from lake_cart_events where valid and event_date >= date_add({{from}}, -1) and event_date < date_add({{to}}, 1)),
r as (
  select e.*, row_number() over (partition by e.topic, e.event_id order by received_at, lake_source, log_partition, log_offset) as rn
  from e join k on k.topic = e.topic and k.event_id = e.event_id),
d as (select topic, event_date, event_id, lake_source, log_partition, log_offset from r where rn > 1),
o as (
  select t.event_date, t.event_id, t.transaction_id, t.status, coalesce(t.refund_id, '') as refund,
    t.received_at, t.lake_source, t.log_partition, t.log_offset
  from lake_transactions t
  left join d on d.topic = 'transactions' and d.lake_source = t.lake_source and d.log_partition = t.log_partition and d.log_offset = t.log_offset
  where t.valid and t.line_no = 0 and t.event_date >= date_add({{from}}, -1) and t.event_date < date_add({{to}}, 1) and d.event_id is null),
ok as (select transaction_id, status, refund from o group by transaction_id, status, refund having count(*) > 1),
oj as (
  select o.*, row_number() over (partition by o.transaction_id, o.status, o.refund order by received_at, lake_source, log_partition, log_offset) as rn
  from o join ok on ok.transaction_id = o.transaction_id and ok.status = o.status and ok.refund = o.refund)
select event_date, topic, lake_source, log_partition as kpart, log_offset as koffset, event_id, 'event' as repeats
from d where event_date = {{from}}
union all
select event_date, 'transactions', lake_source, log_partition, log_offset, event_id, 'order'
from oj where rn > 1 and event_date = {{from}}
order by topic, lake_source, kpart, koffset
