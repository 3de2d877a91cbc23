-- The segment of each recency score r and mean fm of frequency and monetary score, as the rules say: {{segments}} are the names of the 25
-- cells, separated by |, of r = 1 with fm = 1 to 5, then of r = 2, and so on. position orders segments by their best cell, the best is 1.
with s as (select 1 as score union all select 2 union all select 3 union all select 4 union all select 5),
cell as (
  select a.score as r, b.score as fm, split_part({{segments}}, '|', 5 * (a.score - 1) + b.score) as segment from s a cross join s b),
best as (select segment, max(5 * r + fm) as best from cell group by segment)
select cast(c.r as int) as r, cast(c.fm as int) as fm, c.segment, cast(p.position as int) as position
from cell c join (select segment, row_number() over (order by best desc) as position from best) p on p.segment = c.segment
order by r, fm
