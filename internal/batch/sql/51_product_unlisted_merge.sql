-- The same from the table before, the rows of the days that came and those of the days that left. The catalogue forgets nothing, so whom it
-- describes now may have been here, but who is here now was never described: all of its days were counted.
with described as (select distinct product_key from dim_product where category is not null),
x as (
  select product_key, product_id, category, days from product_unlisted_prev
  union all
  select product_key, product_id, category, 1 as days from fact_product_day_in
  union all
  select product_key, product_id, category, -1 as days from fact_product_day_out)
select x.product_key, x.product_id, x.category, cast(sum(x.days) as bigint) as days
from x left join described d on d.product_key = x.product_key
where d.product_key is null
group by x.product_key, x.product_id, x.category
having sum(x.days) > 0
order by product_key, category
