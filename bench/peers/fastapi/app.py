"""GlobalMart's GET /api/v1/sales/metrics?limit=N as a FastAPI service.

`globalmart bench api` holds GlobalMart against it: see README.md. Settings, in the environment:

PEER_API_KEY       the key that clients send in X-API-Key
PEER_REDIS_URL     where finished answers are; without it every answer is made anew
PEER_DATABASE_URL  GlobalMart's live tables in PostgreSQL; without it there are only those answers
PEER_CURRENCY, PEER_TIME_ZONE  of the shop
"""

import hashlib
import hmac
import os
import time
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import asyncpg
import orjson
from fastapi import Depends, FastAPI, HTTPException, Query, Response, Security
from fastapi.security import APIKeyHeader
from redis.asyncio import Redis

KEY_HASH = hashlib.sha256(os.environ["PEER_API_KEY"].encode()).digest()
REDIS_URL = os.environ.get("PEER_REDIS_URL")
DATABASE_URL = os.environ.get("PEER_DATABASE_URL")
CURRENCY = os.environ.get("PEER_CURRENCY", "USD")
ZONE_NAME = os.environ.get("PEER_TIME_ZONE", "UTC")
ZONE = ZoneInfo(ZONE_NAME)

CONNECTIONS = 4  # to PostgreSQL, of each worker: GlobalMart's process has as many
MINUTE = 60_000  # milliseconds
FRESH = 1  # seconds that an answer is kept, as GlobalMart does

# How fresh the tables are, and the newest minutes: one round trip, one snapshot.
METRICS = """
SELECT f.as_of, w.*
FROM (SELECT coalesce(max(last_time), 0) AS as_of FROM input_offset WHERE next_offset > 0) f
LEFT JOIN (
    SELECT start, sum(orders)::bigint AS orders, sum(units)::bigint AS units, sum(revenue)::bigint AS revenue, sum(refunds)::bigint AS refunds,
        sum(units_returned)::bigint AS units_returned, sum(refunded)::bigint AS refunded, sum(tax)::bigint AS tax, sum(shipping)::bigint AS shipping
    FROM sales_minute_country
    GROUP BY start
    ORDER BY start DESC
    LIMIT $1
) w ON true
"""


class Backends:
    """What the answers come from; each worker has its own connections."""

    redis: Redis | None = None
    pool: asyncpg.Pool | None = None


async def keep_session(_: asyncpg.Connection) -> None:
    """Leaves a connection as it is when it goes back to the pool: nothing here changes its session, and RESET ALL is a round trip."""


@asynccontextmanager
async def lifespan(_: FastAPI):
    if REDIS_URL:
        Backends.redis = Redis.from_url(REDIS_URL)
        await Backends.redis.ping()
    if DATABASE_URL:
        Backends.pool = await asyncpg.create_pool(
            DATABASE_URL,
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            reset=keep_session,
            server_settings={"default_transaction_read_only": "on", "jit": "off"},
        )
    yield
    if Backends.redis:
        await Backends.redis.aclose()
    if Backends.pool:
        await Backends.pool.close()


app = FastAPI(title="GlobalMart's sales metrics", lifespan=lifespan)


async def authenticate(key: Annotated[str | None, Security(APIKeyHeader(name="X-API-Key", auto_error=False))]) -> None:
    if key is None or not hmac.compare_digest(hashlib.sha256(key.encode()).digest(), KEY_HASH):
        raise HTTPException(401, "The API key in the header X-API-Key is missing or not known.")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/v1/sales/metrics", dependencies=[Depends(authenticate)])
async def sales_metrics(limit: Annotated[int, Query(ge=1, le=1000)] = 10) -> Response:
    kept = f"sales:metrics:{limit}"
    body = await Backends.redis.get(kept) if Backends.redis else None
    if body is None:
        if not Backends.pool:
            raise HTTPException(503, "There is no such answer in Redis, and no database to make it from.")
        body = orjson.dumps(metrics(await Backends.pool.fetch(METRICS, limit)), option=orjson.OPT_UTC_Z)
        if Backends.redis:
            await Backends.redis.set(kept, body, ex=FRESH)
    return Response(body, media_type="application/json")


def metrics(rows: list[asyncpg.Record]) -> dict:
    now = time.time_ns() // 1_000_000
    windows = [window(row, now) for row in rows if row["start"] is not None]
    as_of = rows[0]["as_of"]
    return {
        "data": {"granularity": "minute", "windows": windows},
        "meta": {
            "as_of": local(as_of) if as_of else None,
            "source": "stream",
            "partial": any(w["partial"] for w in windows),
            "currency": CURRENCY,
            "time_zone": ZONE_NAME,
            "lag_ms": max(0, now - as_of) if as_of else None,
        },
    }


def window(row: asyncpg.Record, now: int) -> dict:
    start, orders, revenue, refunded = row["start"], row["orders"], row["revenue"], row["refunded"]
    return {
        "start": local(start),
        "end": local(start + MINUTE),
        "partial": start + MINUTE > now,
        "orders": orders,
        "units": row["units"],
        "revenue_minor": revenue,
        "refunds": row["refunds"],
        "units_returned": row["units_returned"],
        "refunded_minor": refunded,
        "net_revenue_minor": revenue - refunded,
        "tax_minor": row["tax"],
        "shipping_minor": row["shipping"],
        "average_order_value_minor": (2 * revenue + orders) // (2 * orders) if orders else None,
    }


def local(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, ZONE)
