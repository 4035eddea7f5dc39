"""The small service: routes that succeed, fail and publish, and nothing of any domain."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from shared.auth import Principal, Role, require
from shared.clock import ManualClock
from shared.errors import Conflict
from shared.idempotency import IdempotencyKey, once
from shared.local_issuer import LocalIssuer
from shared.metrics import GaugeQuery
from shared.service import Service
from shared.settings import ServiceSettings
from shared.transport.port import Transport
from shared.unit_of_work import UnitOfWork
from tests.support.delivery import NOW, new_complaint, withdrawn

GAUGES = (
    GaugeQuery(
        "sla_effects",
        "Effects by complaint.",
        "SELECT what, count(*) FROM effect GROUP BY 1",
        ("what",),
    ),
)


class AlreadyThere(Conflict):
    """The thing exists."""

    slug = "already-there"
    title = "Sudah ada"


class Place(BaseModel):
    """Where."""

    lat: float = Field(ge=-90, le=90)


class Thing(BaseModel):
    """What is created."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=20)
    place: Place | None = None


router = APIRouter(prefix="/sla/v1")


@router.post("/things", status_code=201)
async def create(request: Request, thing: Thing, key: IdempotencyKey = None) -> dict[str, Any]:
    """Create a thing and tell of it."""
    service: Service = request.app.state.service

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        await note(unit, thing.name)
        unit.publish(withdrawn(new_complaint(), thing.name))
        return {"name": thing.name}

    return await once(service.units, "anyone", key, thing.model_dump_json().encode(), work)


@router.get("/things/{name}")
async def read(name: str) -> dict[str, str]:
    """Return a thing."""
    return {"name": name}


@router.get("/fail/{how}")
async def fail(request: Request, how: str) -> dict[str, str]:
    """Fail in one way or another."""
    if how == "conflict":
        raise AlreadyThere("Sudah ada.", extensions={"legal": ["hapus"]}, headers={"X-Why": "a"})
    if how == "database":
        await request.app.state.service.database.ping()
    if how == "bug":
        raise KeyError("telepon 081234567890")
    if how == "cancelled":
        raise asyncio.CancelledError
    return {}


@router.get("/staff")
async def staff(
    caller: Annotated[Principal, Depends(require(Role.HEAD, Role.ADMIN))],
) -> dict[str, str]:
    """Say who calls."""
    return {"subject": caller.subject}


async def note(unit: UnitOfWork, what: str) -> None:
    """Leave an effect."""
    await unit.connection.execute(
        text("INSERT INTO effect (complaint, what) VALUES ('', :what)"), {"what": what}
    )


@dataclass
class SmallService:
    """The running service and a client."""

    app: FastAPI
    service: Service
    client: httpx.AsyncClient
    issuer: LocalIssuer
    clock: ManualClock

    def staff(self, *roles: Role) -> dict[str, str]:
        """Return the headers that staff sends."""
        token = self.issuer.token(self.clock, roles, subject="staff-1")
        return {"Authorization": f"Bearer {token}"}

    async def effects(self) -> list[str]:
        """Return what took effect."""
        async with self.service.database.transaction() as connection:
            found = await connection.execute(text("SELECT what FROM effect ORDER BY seq"))
            return list(found.scalars())


@asynccontextmanager
async def build(
    settings: ServiceSettings,
    transport: Transport | None = None,
    gauges: Sequence[GaugeQuery] = GAUGES,
    handlers: dict[Any, Any] | None = None,
) -> AsyncIterator[SmallService]:
    """Start the service as its own process would."""
    clock = ManualClock(NOW)
    service = Service("sla", settings, transport, clock, gauges)

    async def on_start(started: Service) -> None:
        if handlers is not None:
            await started.consume(handlers)

    app = service.build_app("Small", "A service without a domain.", [router], on_start)
    core = settings.core
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://127.0.0.1",
        ) as client,
    ):
        issuer = LocalIssuer(core.home, issuer=core.oidc_issuer, audience=core.oidc_audience)
        yield SmallService(app, service, client, issuer, clock)
