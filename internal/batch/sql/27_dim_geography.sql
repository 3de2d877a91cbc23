-- Every country that was sold to.
select country, min(event_date) as first_sold, max(event_date) as last_sold
from fact_sales_day group by country order by country
