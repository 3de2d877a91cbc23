curl --fail-with-body "${COLLECTOR:-http://127.0.0.1:8000}/v1/track" --user "${WRITE_KEY:-globalmart-write-key-dev}:" --data '{
  "userId": "customer-19",
  "event": "Order Completed",
  "messageId": "one-order-one-id",
  "properties": {
    "order_id": "order-from-curl",
    "total": 27.5, "shipping": 3, "tax": 2, "discount": 2.5,
    "products": [
      {"product_id": "shirt", "category": "Clothes", "price": 19, "quantity": 1},
      {"product_id": "socks", "category": "Clothes", "price": 3, "quantity": 2}
    ]
  }
}'
