"""Sends ORDERS orders, the n-th one of 10.00 + n % 977 cents."""

import os
import sys

from segment.analytics import Client

failed = []
analytics = Client(
    os.environ["WRITE_KEY"],
    host=os.environ["COLLECTOR"],
    gzip=os.environ.get("GZIP") == "1",
    max_retries=100,
    timeout=2,
    upload_size=20,
    upload_interval=0.05,
    on_error=lambda error, batch: failed.append(error),
)
shop = os.environ["SHOP"]
for n in range(int(os.environ["ORDERS"])):
    total = (1000 + n % 977) / 100
    analytics.track(
        user_id=f"{shop}-customer-{n % 100}",
        event="Order Completed",
        properties={"order_id": f"{shop}-{n}", "total": total, "products": [{"product_id": "shirt", "price": total, "quantity": 1}]},
    )
analytics.flush()
if failed:
    sys.exit(f"{len(failed)} batches were given up: {failed[0]}")
