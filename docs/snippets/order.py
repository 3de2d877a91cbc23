import os

from segment.analytics import Client

analytics = Client(
    os.environ.get("WRITE_KEY", "globalmart-write-key-dev"),
    host=os.environ.get("COLLECTOR", "http://127.0.0.1:8000"),
)

analytics.track(
    user_id="customer-18",
    event="Order Completed",
    properties={
        "order_id": "order-from-python",
        "total": 27.5,
        "shipping": 3,
        "tax": 2,
        "discount": 2.5,
        "products": [
            {"product_id": "shirt", "category": "Clothes", "price": 19, "quantity": 1},
            {"product_id": "socks", "category": "Clothes", "price": 3, "quantity": 2},
        ],
    },
)

analytics.flush()
