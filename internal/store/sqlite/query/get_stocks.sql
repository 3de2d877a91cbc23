-- The stock of the products of a JSON array of ids.
SELECT product_id, initial, restocked, adjusted, sold, returned
FROM json_each(?) AS wanted JOIN stock ON product_id = wanted.value;
