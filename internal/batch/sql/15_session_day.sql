-- A country's day of sessions, by the day of their first event. with_*: did a step of the funnel, whatever came before it; reached_*: did it and
-- every step before it. The first step is a view.
select event_date, coalesce(nullif(country, ''), 'ZZ') as country,
  count(*) as sessions,
  cast(sum(events) as bigint) as events,
  cast(sum(views) as bigint) as views,
  cast(sum(orders) as bigint) as orders,
  cast(sum(net_minor) as bigint) as net_minor,
  cast(sum(case when events = 1 then 1 else 0 end) as bigint) as bounced,
  cast(sum(case when views > 0 then 1 else 0 end) as bigint) as with_view,
  cast(sum(case when cart_adds > 0 then 1 else 0 end) as bigint) as with_add,
  cast(sum(case when checkouts > 0 then 1 else 0 end) as bigint) as with_checkout,
  cast(sum(case when orders > 0 then 1 else 0 end) as bigint) as with_order,
  cast(sum(case when views > 0 and cart_adds > 0 then 1 else 0 end) as bigint) as reached_add,
  cast(sum(case when views > 0 and cart_adds > 0 and checkouts > 0 then 1 else 0 end) as bigint) as reached_checkout,
  cast(sum(case when views > 0 and cart_adds > 0 and checkouts > 0 and orders > 0 then 1 else 0 end) as bigint) as reached_order
from fact_session
group by event_date, coalesce(nullif(country, ''), 'ZZ')
order by country
