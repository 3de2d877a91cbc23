-- The segment of each recency score r and mean fm of frequency and monetary score, as the rules say: {{segments}} are the names of the 25
-- cells, separated by |, of r = 1 with fm = 1 to 5, then of r = 2, and so on. position: those that are known in the order of their worth, which
-- no score tells (new customers are recent, loyal ones are worth more); then a shop's own, by their best cell.
with s as (select 1 as score union all select 2 union all select 3 union all select 4 union all select 5),
cell as (
  select a.score as r, b.score as fm, split_part({{segments}}, '|', 5 * (a.score - 1) + b.score) as segment from s a cross join s b),
known as (
  select 1 as place, 'Champions' as segment union all select 2, 'Loyal Customers' union all select 3, 'Potential Loyalists'
  union all select 4, 'New Customers' union all select 5, 'Promising' union all select 6, 'Need Attention'
  union all select 7, 'About To Sleep' union all select 8, 'At Risk' union all select 9, 'Can''t Lose Them'
  union all select 10, 'Hibernating' union all select 11, 'Lost'),
best as (select segment, max(5 * r + fm) as best from cell group by segment),
ordered as (
  select b.segment, row_number() over (order by k.place nulls last, b.best desc) as position
  from best b left join known k on k.segment = b.segment)
select cast(c.r as int) as r, cast(c.fm as int) as fm, c.segment, cast(o.position as int) as position
from cell c join ordered o on o.segment = c.segment
order by r, fm
