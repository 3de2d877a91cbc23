-- Every order that was made of a cart.
SELECT cart_id, transaction_id, at, revenue FROM cart_order ORDER BY cart_id, transaction_id;
