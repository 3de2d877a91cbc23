-- The stock of the products of a list of ids.
SELECT product_id, initial, restocked, adjusted, sold, returned
FROM stock_of_product WHERE product_id = ANY ($1::text[]);
