-- The segment of each recency score r and mean fm of frequency and monetary score, as the rules say: {{segments}} are the names of the 25
-- cells, separated by |, of r = 1 with fm = 1 to 5, then of r = 2, and so on.
with s as (select 1 as score union all select 2 union all select 3 union all select 4 union all select 5)
select cast(a.score as int) as r, cast(b.score as int) as fm, split_part({{segments}}, '|', 5 * (a.score - 1) + b.score) as segment
from s a cross join s b
order by r, fm
