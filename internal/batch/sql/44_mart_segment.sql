-- Every segment of the rules, also those without a customer.
with s as (
  select segment, cast(count(*) as bigint) as customers, cast(sum(monetary_minor) as bigint) as net_minor,
    cast(sum(recency_days) as bigint) as recency_days, cast(sum(frequency) as bigint) as frequency
  from mart_rfm group by segment),
n as (select cast(sum(customers) as double) as customers, cast(sum(net_minor) as double) as net_minor from s)
select d.segment, d.position, coalesce(s.customers, 0) as customers, coalesce(s.customers, 0) / nullif(n.customers, 0) as customer_share,
  coalesce(s.net_minor, 0) as net_minor, coalesce(s.net_minor, 0) / nullif(n.net_minor, 0) as revenue_share,
  cast(s.recency_days as double) / cast(s.customers as double) as avg_recency_days,
  cast(s.frequency as double) / cast(s.customers as double) as avg_frequency,
  cast(floor(cast(s.net_minor as double) / cast(s.customers as double) + 0.5) as bigint) as avg_monetary_minor
from (select distinct segment, position from dim_segment) d left join s on s.segment = d.segment cross join n
order by d.position
