-- Each customer with a completed order in the window, scored and in a segment.
-- Stored as it is served: by segment, its best customers first. (By the segment's number: to sort by its name takes twice the time.)
with s as (
  select b.customer_key, b.last_order_date, b.orders as frequency, b.net_minor as monetary_minor,
    5 - case when b.last_order_date <= t.r1 then 1 else 0 end - case when b.last_order_date <= t.r2 then 1 else 0 end
      - case when b.last_order_date <= t.r3 then 1 else 0 end - case when b.last_order_date <= t.r4 then 1 else 0 end as r,
    1 + case when b.orders >= t.f1 then 1 else 0 end + case when b.orders >= t.f2 then 1 else 0 end
      + case when b.orders >= t.f3 then 1 else 0 end + case when b.orders >= t.f4 then 1 else 0 end as f,
    1 + case when b.net_minor >= t.m1 then 1 else 0 end + case when b.net_minor >= t.m2 then 1 else 0 end
      + case when b.net_minor >= t.m3 then 1 else 0 end + case when b.net_minor >= t.m4 then 1 else 0 end as m
  from customer_base b cross join rfm_thresholds t where b.orders > 0),
g as (select customer_key, last_order_date, frequency, monetary_minor, r, f, m, shiftright(f + m, 1) as fm from s)
select g.customer_key, c.user_id, c.country, g.last_order_date, cast(date_diff({{as_of}}, g.last_order_date) as int) as recency_days,
  g.frequency, g.monetary_minor, cast(g.r as int) as r, cast(g.f as int) as f, cast(g.m as int) as m, cast(g.fm as int) as fm, d.segment
from g join dim_segment d on d.r = g.r and d.fm = g.fm left join dim_customer c on c.customer_key = g.customer_key
order by d.position, g.monetary_minor desc, g.customer_key
