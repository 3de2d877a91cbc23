-- Every country with sales or refunds.
SELECT DISTINCT country FROM sales_hour WHERE category = '' ORDER BY country;
