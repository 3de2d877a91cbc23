-- What the days say of products of which the catalogue never named a category, mostly because it does not have them. Nearly always there are
-- none: then the text of the days is not read.
with described as (select distinct product_key from dim_product where category is not null),
missing as (
  select f.product_key
  from (select distinct product_key from fact_product_day where event_date >= {{from}} and event_date < {{to}}) f
  left join described d on d.product_key = f.product_key
  where d.product_key is null)
select f.product_key, f.product_id, f.category, count(*) as days
from fact_product_day f join missing m on m.product_key = f.product_key
where f.event_date >= {{from}} and f.event_date < {{to}}
group by f.product_key, f.product_id, f.category
order by product_key, category
