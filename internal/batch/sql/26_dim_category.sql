-- Every category that something was sold in, or that the catalogue has.
with p as (
  select coalesce(nullif(category, ''), 'uncategorised') as category, count(*) as products
  from dim_product where is_current = 1 group by 1),
s as (select category, min(event_date) as first_sold, max(event_date) as last_sold from fact_category_day group by category)
select coalesce(p.category, s.category) as category, coalesce(p.products, 0) as products, s.first_sold, s.last_sold
from p full outer join s on s.category = p.category
order by category
