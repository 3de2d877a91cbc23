-- How many products have a value.
SELECT count(*) FROM product;
