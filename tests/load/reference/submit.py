"""The reference of a submission: FastAPI and asyncpg, two plain inserts in one transaction.

`python -m tests.load.reference.submit PORT DSN POOL` serves it with the flags and the event loop of
`tanggap serve`. It checks types alone: no encryption, no masking, no idempotency, no outbox order.
"""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import uuid_utils
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

from shared import event_loop

TABLES = (
    """
    CREATE TABLE reference_complaint (
        complaint_id uuid PRIMARY KEY, channel text NOT NULL, title text, text text NOT NULL,
        location text, reporter text, submitted_at timestamptz NOT NULL DEFAULT clock_timestamp())
    """,
    """
    CREATE TABLE reference_outbox (
        id uuid PRIMARY KEY, aggregateid uuid NOT NULL, type text NOT NULL, payload text NOT NULL)
    """,
)
PATH = "/intake/v1/complaints"
_COMPLAINT = (
    "INSERT INTO reference_complaint (complaint_id, channel, title, text, location, reporter)"
    " VALUES ($1, $2, $3, $4, $5, $6) RETURNING submitted_at"
)
_OUTBOX = "INSERT INTO reference_outbox (id, aggregateid, type, payload) VALUES ($1, $2, $3, $4)"


class Location(BaseModel):
    """The same fields as the product's."""

    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    area_code: str | None = None


class Reporter(BaseModel):
    """The same fields as the product's."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    nik: str | None = None


class Complaint(BaseModel):
    """The same body as the product's."""

    text: str
    title: str | None = None
    channel: str = "web"
    classification: str = "complaint"
    location: Location | None = None
    reporter: Reporter | None = None
    anonymous: bool = False
    secret: bool = False
    device_time: datetime | None = None


class Links(BaseModel):
    """The same fields as the product's."""

    self: str
    messages: str
    feedback: str
    withdraw: str


class Submitted(BaseModel):
    """The same answer as the product's."""

    complaint_id: UUID
    tracking_code: str
    secret: str
    status: str
    submitted_at: datetime
    links: Links


def create_app(dsn: str, pool_size: int) -> FastAPI:
    """Build the app."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=pool_size, max_size=2 * pool_size) as pool:
            app.state.pool = pool
            gc.collect()
            gc.freeze()
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/intake/readyz")
    async def readyz() -> dict[str, str]:
        """Say that it answers."""
        return {"status": "ok"}

    @app.post(PATH, status_code=201)
    async def submit(request: Request, complaint: Complaint) -> Submitted:
        """Store a complaint and its event."""
        pool: asyncpg.Pool = request.app.state.pool
        complaint_id = UUID(bytes=uuid_utils.uuid7().bytes)
        location, reporter = complaint.location, complaint.reporter
        async with pool.acquire() as connection, connection.transaction():
            submitted_at = await connection.fetchval(
                _COMPLAINT,
                complaint_id,
                complaint.channel,
                complaint.title,
                complaint.text,
                location.model_dump_json() if location else None,
                reporter.model_dump_json() if reporter else None,
            )
            event_id = UUID(bytes=uuid_utils.uuid7().bytes)
            payload = complaint.model_dump_json(exclude={"reporter"})
            await connection.execute(_OUTBOX, event_id, complaint_id, "submitted", payload)
        code = complaint_id.hex[-10:].upper()
        links = {
            name: f"{PATH}/{code}{end}"
            for name, end in (
                ("self", ""),
                ("messages", "/messages"),
                ("feedback", "/feedback"),
                ("withdraw", "/withdraw"),
            )
        }
        return Submitted(
            complaint_id=complaint_id,
            tracking_code=code,
            secret=event_id.hex[:20],
            status="received",
            submitted_at=submitted_at,
            links=Links(**links),
        )

    return app


async def serve(app: Any, port: int) -> None:
    """Serve as `tanggap serve` does."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    event_loop.run(serve(create_app(sys.argv[2], int(sys.argv[3])), int(sys.argv[1])))
