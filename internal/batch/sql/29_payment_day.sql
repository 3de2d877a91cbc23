-- Orders by what they came to and how they were paid, whatever their status. Refunds count under their own day.
select t.event_date, coalesce(nullif(t.country, ''), 'ZZ') as country, coalesce(t.payment_method, '') as payment_method, t.status,
  count(*) as orders,
  cast(sum(t.base_total_minor) as bigint) as total_minor
from lake_transactions t
left join event_duplicate d
  on d.topic = 'transactions' and d.lake_source = t.lake_source and d.kpart = t.log_partition and d.koffset = t.log_offset
where t.valid and t.event_date = {{from}} and t.line_no = 0 and d.event_id is null
group by t.event_date, coalesce(nullif(t.country, ''), 'ZZ'), coalesce(t.payment_method, ''), t.status
order by country, payment_method, status
