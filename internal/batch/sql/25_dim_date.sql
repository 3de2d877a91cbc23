-- The calendar. No sequence(), no generate_series(): digits, the same on every engine. The ISO year is that of the week's Thursday.
with g as (select 0 as i union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9),
n as (select a.i + 10 * b.i + 100 * c.i + 1000 * e.i + 10000 * f.i as i from g a cross join g b cross join g c cross join g e cross join g f),
o as (
  select add_months(month_start(coalesce(min(event_date), {{as_of}})), 1 - month(coalesce(min(event_date), {{as_of}}))) as first_day,
    add_months(month_start({{as_of}}), 13 - month({{as_of}})) as end_day
  from fact_sales_day),
d as (select date_add(o.first_day, n.i) as day from n cross join o where n.i < date_diff(o.end_day, o.first_day))
select day, cast(year(day) as int) as year, cast(quarter(day) as int) as quarter, cast(month(day) as int) as month, cast(day(day) as int) as day_of_month,
  month_start(day) as month_start, last_day(day) as month_end, week_start(day) as week_start,
  cast(year(date_add(week_start(day), 3)) as int) as iso_year, cast(extract(week from day) as int) as iso_week,
  cast(date_diff(day, week_start(day)) + 1 as int) as iso_day
from d order by day
