-- One row: where the scores of customers with an order in the window change.
-- f1..f4, m1..m4: the least value v with 5 * #(x < v) >= k * N, so that a score is 1 + #(thresholds <= x) = 1 + floor(5 * #(x' < x) / N).
-- r1..r4: the latest date with 5 * #(later) >= k * N, so that a score is 5 - #(thresholds >= date). A threshold that no value reaches is null.
-- Ties never split, and no order of rows decides. No sort over customers: dates and orders by their distinct values (few), money by a
-- coarse histogram and then only by the values of buckets where a threshold can lie.
-- *_tie_share: customers whose value is also that of others beyond a fifth's border; NTILE would tell such equals apart.
with c as (select orders, net_minor, last_order_date, div(net_minor, 4096) as b from customer_base where orders > 0),
n as (select count(*) as n from c),
f as (
  select orders as v, cnt, cast(5 * (sum(cnt) over (order by orders rows between unbounded preceding and current row) - cnt) as bigint) as below5
  from (select orders, count(*) as cnt from c group by orders) x),
r as (
  select last_order_date as v, cnt, cast(5 * (sum(cnt) over (order by last_order_date desc rows between unbounded preceding and current row) - cnt) as bigint) as below5
  from (select last_order_date, count(*) as cnt from c group by last_order_date) x),
h as (
  select b, least_v, cnt, cast(sum(cnt) over (order by b rows between unbounded preceding and current row) - cnt as bigint) as below
  from (select b, min(net_minor) as least_v, count(*) as cnt from c group by b) x),
border as (
  select h.b, h.below from h cross join n
  where (5 * h.below < n.n and 5 * (h.below + h.cnt) > n.n) or (5 * h.below < 2 * n.n and 5 * (h.below + h.cnt) > 2 * n.n)
     or (5 * h.below < 3 * n.n and 5 * (h.below + h.cnt) > 3 * n.n) or (5 * h.below < 4 * n.n and 5 * (h.below + h.cnt) > 4 * n.n)),
fine as (
  select v, cnt, cast(5 * (below + sum(cnt) over (partition by b order by v rows between unbounded preceding and current row) - cnt) as bigint) as below5
  from (select border.b, border.below, c.net_minor as v, count(*) as cnt
        from c join border on c.b = border.b group by border.b, border.below, c.net_minor) x),
m as (select least_v as v, cast(0 as bigint) as cnt, cast(5 * below as bigint) as below5 from h union all select v, cnt, below5 from fine),
ft as (
  select min(case when below5 >= n.n then v end) as f1, min(case when below5 >= 2 * n.n then v end) as f2,
    min(case when below5 >= 3 * n.n then v end) as f3, min(case when below5 >= 4 * n.n then v end) as f4,
    cast(sum(case when (below5 < n.n and below5 + 5 * cnt > n.n) or (below5 < 2 * n.n and below5 + 5 * cnt > 2 * n.n)
      or (below5 < 3 * n.n and below5 + 5 * cnt > 3 * n.n) or (below5 < 4 * n.n and below5 + 5 * cnt > 4 * n.n) then cnt else 0 end) as bigint) as tied
  from f cross join n),
mt as (
  select min(case when below5 >= n.n then v end) as m1, min(case when below5 >= 2 * n.n then v end) as m2,
    min(case when below5 >= 3 * n.n then v end) as m3, min(case when below5 >= 4 * n.n then v end) as m4,
    cast(sum(case when (below5 < n.n and below5 + 5 * cnt > n.n) or (below5 < 2 * n.n and below5 + 5 * cnt > 2 * n.n)
      or (below5 < 3 * n.n and below5 + 5 * cnt > 3 * n.n) or (below5 < 4 * n.n and below5 + 5 * cnt > 4 * n.n) then cnt else 0 end) as bigint) as tied
  from m cross join n),
rt as (
  select max(case when below5 >= n.n then v end) as r1, max(case when below5 >= 2 * n.n then v end) as r2,
    max(case when below5 >= 3 * n.n then v end) as r3, max(case when below5 >= 4 * n.n then v end) as r4,
    cast(sum(case when (below5 < n.n and below5 + 5 * cnt > n.n) or (below5 < 2 * n.n and below5 + 5 * cnt > 2 * n.n)
      or (below5 < 3 * n.n and below5 + 5 * cnt > 3 * n.n) or (below5 < 4 * n.n and below5 + 5 * cnt > 4 * n.n) then cnt else 0 end) as bigint) as tied
  from r cross join n)
select cast(n.n as bigint) as customers, r1, r2, r3, r4, f1, f2, f3, f4, m1, m2, m3, m4,
  cast(coalesce(rt.tied, 0) as double) / cast(nullif(n.n, 0) as double) as r_tie_share,
  cast(coalesce(ft.tied, 0) as double) / cast(nullif(n.n, 0) as double) as f_tie_share,
  cast(coalesce(mt.tied, 0) as double) / cast(nullif(n.n, 0) as double) as m_tie_share
from n cross join ft cross join mt cross join rt
