-- The movements of every product.
SELECT product_id, initial, restocked, adjusted, sold, returned FROM stock ORDER BY product_id;
