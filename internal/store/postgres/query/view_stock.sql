-- The movements of every product.
SELECT product_id, initial, restocked, adjusted, sold, returned FROM stock_of_product ORDER BY product_id;
