-- The sessions that begin on a day. A run is what a visitor does without a pause of 30 minutes; it is cut at multiples of
-- 24 hours from its start, and what lies between two cuts is a session. Runs that go on from the days before are taken up
-- from the sessions of those days (the view of fact_session); of the day after only those visitors matter who were there at
-- the end of the day. Nearly every visitor's day is plain: no more than 30 minutes from the first event to the last, none that goes on
-- from the day before or to the day after, one country, device and user. That is one session and needs no order; the rest (q to g) does.
-- The earliest text that says something is the least of texts with 14 digits of time before them; the latest one has time backwards.
-- RANGE, not ROWS: what happens in one millisecond belongs together, in whichever order it comes.
with r as (
  select 'product_views' as topic, event_date, visitor_id, event_time, user_id, country, device, 1 as events, 1 as views, 0 as cart_actions,
    0 as cart_adds, 0 as checkouts, 0 as orders, cast(0 as bigint) as net_minor, lake_source, log_partition, log_offset
  from lake_product_views where valid and event_date >= {{from}} and event_date < date_add({{to}}, 1)
  union all
  select 'cart_events', event_date, visitor_id, event_time, user_id, country, device, 1, 0, 1,
    case when action = 'add' then 1 else 0 end, case when action = 'checkout' then 1 else 0 end, 0, 0, lake_source, log_partition, log_offset
  from lake_cart_events where valid and event_date >= {{from}} and event_date < date_add({{to}}, 1)
  union all
  select 'transactions', event_date, visitor_id, event_time, user_id, country, device, case when line_no = 0 then 1 else 0 end, 0, 0,
    0, 0, is_order, case when status = 'completed' then coalesce(base_amount_minor, 0) else 0 end, lake_source, log_partition, log_offset
  from lake_transactions where valid and event_date >= {{from}} and event_date < date_add({{to}}, 1)),
e as (
  select r.visitor_id, r.event_date, millis_of(r.event_time) as ms, r.user_id, r.country, r.device,
    r.events, r.views, r.cart_actions, r.cart_adds, r.checkouts, r.orders, r.net_minor
  from r
  left join event_duplicate d
    on d.topic = r.topic and d.lake_source = r.lake_source and d.kpart = r.log_partition and d.koffset = r.log_offset
  where d.event_id is null),
edge as (
  select min(case when event_date = {{from}} then ms end) - 1800000 as first_ms, min(case when event_date > {{from}} then ms end) - 1800000 as last_ms from e),
c as (
  select s.visitor_id, max(millis_of(s.run_started_at)) as run_at, max(millis_of(s.started_at)) as started_at, max(millis_of(s.ended_at)) as ended_at
  from fact_session s cross join edge where millis_of(s.ended_at) > edge.first_ms
  group by s.visitor_id),
v as (
  select visitor_id, min(ms) as started, max(ms) as ended,
    min(nullif(country, '')) as country, min(nullif(device, '')) as device, min(nullif(user_id, '')) as user_id,
    max(nullif(country, '')) as other_country, max(nullif(device, '')) as other_device, max(nullif(user_id, '')) as other_user,
    cast(sum(events) as bigint) as events, cast(sum(views) as bigint) as views, cast(sum(cart_actions) as bigint) as cart_actions,
    cast(sum(cart_adds) as bigint) as cart_adds, cast(sum(checkouts) as bigint) as checkouts, cast(sum(orders) as bigint) as orders,
    cast(sum(net_minor) as bigint) as net_minor
  from e where event_date = {{from}} group by visitor_id),
w as (
  select v.*, c.run_at as carried_run, c.started_at as carried_start, c.ended_at as carried_end,
    case when c.visitor_id is null and v.ended - v.started < 1800000 and (edge.last_ms is null or v.ended <= edge.last_ms)
      and v.country is not distinct from v.other_country and v.device is not distinct from v.other_device
      and v.user_id is not distinct from v.other_user then 1 else 0 end as plain
  from v cross join edge left join c on c.visitor_id = v.visitor_id),
p as (
  select e.*, w.carried_run, w.carried_start, w.carried_end,
    lag(e.ms) over (partition by e.visitor_id order by e.ms) as before_ms
  from e join w on w.visitor_id = e.visitor_id where w.plain = 0),
q as (
  select *, case
      when before_ms is null and carried_end is not null and ms - carried_end < 1800000 then null
      when before_ms is null or ms - before_ms >= 1800000 then ms end as begins
  from p),
s as (
  select *, max(begins) over (partition by visitor_id order by ms range between unbounded preceding and current row) as begun from q),
x as (
  select *, coalesce(begun, carried_run) as run_at, div(ms - coalesce(begun, carried_run), 86400000) as piece,
    case when begun is null then div(carried_start - carried_run, 86400000) else -1 end as carried_piece
  from s),
g as (
  select visitor_id, run_at, piece, min(ms) as started, max(ms) as ended, min(event_date) as event_date,
    min(case when country <> '' then cast(10000000000000 + ms as varchar(20)) || country end) as country,
    min(case when device <> '' then cast(10000000000000 + ms as varchar(20)) || device end) as device,
    min(case when user_id <> '' then cast(90000000000000 - ms as varchar(20)) || user_id end) as user_id,
    cast(sum(events) as bigint) as events, cast(sum(views) as bigint) as views, cast(sum(cart_actions) as bigint) as cart_actions,
    cast(sum(cart_adds) as bigint) as cart_adds, cast(sum(checkouts) as bigint) as checkouts, cast(sum(orders) as bigint) as orders,
    cast(sum(net_minor) as bigint) as net_minor
  from x where piece <> carried_piece
  group by visitor_id, run_at, piece),
a as (
  select visitor_id, started as run_at, started, ended, country, device, user_id, events, views, cart_actions, cart_adds, checkouts, orders, net_minor
  from w where plain = 1
  union all
  select visitor_id, run_at, started, ended, substr(country, 15), substr(device, 15), substr(user_id, 15),
    events, views, cart_actions, cart_adds, checkouts, orders, net_minor
  from g where event_date = {{from}})
select visitor_id || '@' || cast(started as varchar(20)) as session_id, {{from}} as event_date, visitor_id, user_id,
  time_of_millis(started) as started_at, time_of_millis(ended) as ended_at, time_of_millis(run_at) as run_started_at,
  country, device, events, views, cart_actions, cart_adds, checkouts, orders, net_minor, case when orders > 0 then 1 else 0 end as converted
from a
order by started_at, visitor_id
