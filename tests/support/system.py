"""The whole system in one process on real Postgres, with a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from sqlalchemy import text

from services.all_in_one import AllInOne, create_app, settings_of
from services.deployment import load_profile
from services.marketplace.settings import MarketplaceMessagingSettings
from shared.auth import Role
from shared.clock import ManualClock
from shared.contracts.topics import SERVICES, TOPICS, ServiceName
from shared.database import Database
from shared.local_issuer import LocalIssuer
from shared.messaging.settings import MessagingSettings
from shared.service import Service
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.in_process import InProcessTransport
from shared.transport.port import Transport
from tests.support.servers import PROFILE, Databases

# A Monday, 09:00 in Jakarta.
START = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


@dataclass
class System:
    """A running system: its doors, its clock, and its databases to look into."""

    app: AllInOne
    client: httpx.AsyncClient
    clock: ManualClock
    settings: Mapping[ServiceName, ServiceSettings]
    issuer: LocalIssuer
    transport: Transport

    def token(self, *roles: Role, opd: str | None = None, subject: str = "staff-1") -> str:
        """Return a token for a member of staff."""
        return self.issuer.token(self.clock, roles, subject=subject, opd=opd)

    def staff(
        self, *roles: Role, opd: str | None = None, subject: str = "staff-1"
    ) -> dict[str, str]:
        """Return the headers that a member of staff sends."""
        token = self.token(*roles, opd=opd, subject=subject)
        return {"Authorization": f"Bearer {token}"}

    def service(self, name: ServiceName) -> Service:
        """Return one of the running services."""
        service: Service = self.app.apps[name].state.service
        return service

    async def rows(self, name: ServiceName, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Ask a service's database."""
        async with self.service(name).database.transaction() as connection:
            found = await connection.execute(text(sql), values)
            return [dict(row) for row in found.mappings()]

    async def advance(self, **by: float) -> None:
        """Move the clock (`hours=2`) and let everything that follows happen."""
        self.clock.advance(timedelta(**by))
        await self.settle()

    async def settle(self, seconds: float = 30) -> None:
        """Wait until no event is under way and no clock is due."""
        deadline = monotonic() + seconds
        calm = 0
        while calm < 2:
            if monotonic() > deadline:
                raise TimeoutError("The system did not come to rest.")
            calm = calm + 1 if await self._at_rest() else 0
            await asyncio.sleep(0.01)

    async def _at_rest(self) -> bool:
        for app in self.app.apps.values():
            service: Service = app.state.service
            if service.transport is None:
                continue
            if service.subscription is not None and service.subscription.health().lag:
                return False
            waiting = await self.rows(
                service.name, "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"
            )
            if waiting or await self._sends(service):
                return False
        due = await self.rows(
            "sla", "SELECT 1 FROM clock WHERE next_fire_at <= :now LIMIT 1", now=self.clock.now()
        )
        return not due

    async def _sends(self, service: Service) -> bool:
        """Tell whether a message is under way, or about to be, that a worker is there for."""
        if service.name not in {"intake", "sla"}:
            return False
        rows = await self.rows(
            service.name,
            """SELECT 1 FROM outgoing_message
            WHERE state = 'sending' OR (state = 'queued' AND due_at <= :now) LIMIT 1""",
            now=self.clock.now(),
        )
        if rows or service.name == "intake":
            return bool(rows)
        waiting = "SELECT 1 FROM notice WHERE state = 'waiting' AND due_at <= :now LIMIT 1"
        return bool(await self.rows("sla", waiting, now=self.clock.now()))


@asynccontextmanager
async def running_system(
    databases: Databases,
    home: Path,
    *,
    services: Iterable[ServiceName] = SERVICES,
    clock: ManualClock | None = None,
    transport: Transport | None = None,
    messaging: MessagingSettings | None = None,
    staff_messaging: MessagingSettings | None = None,
    profile: Path = PROFILE,
    **core_values: Any,
) -> AsyncIterator[System]:
    """Start the embedded default with the profile contoh on fresh databases.

    `messaging` is how citizens are written to, `staff_messaging` how staff are.
    """
    clock = clock or ManualClock(START)
    core = CoreSettings(home=home, gauge_seconds=0.1, relay_poll_seconds=0.05, **core_values)
    is_usual = profile == PROFILE
    settings = {
        name: settings_of(
            name,
            core=core,
            database_url=await databases.fresh(name, with_profile=is_usual),
            **_extra(name, staff_messaging if name == "sla" else messaging),
        )
        for name in services
    }
    if not is_usual:
        await load_profile(profile, settings)
    bus: Database | None = None
    if transport is None:
        bus = Database(await databases.bus())
        transport = InProcessTransport(bus, {topic.name: topic.partitions for topic in TOPICS})
    app = create_app(settings, transport, clock)
    front = app.front
    async with (
        front.router.lifespan_context(front),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://127.0.0.1",
        ) as client,
    ):
        # Chores close, forget and ask: none of them comes between what a test does.
        async with asyncio.timeout(30):
            for each in app.apps.values():
                await each.state.service.tidied.wait()
        issuer = LocalIssuer(home, issuer=core.oidc_issuer, audience=core.oidc_audience)
        yield System(app, client, clock, settings, issuer, transport)
    if bus is not None:
        await bus.close()


def _extra(name: ServiceName, messaging: MessagingSettings | None) -> dict[str, Any]:
    """Return what a service is given beside what all are given."""
    if name == "sla":
        # A board that is read at once, and streams that end while a test waits.
        own = {"board_seconds": 0.05, "stream_seconds": 1.0, "notice_seconds": 0.05}
        return own if messaging is None else {**own, "messaging": messaging}
    if messaging is None:
        return {}
    if name == "marketplace":
        return {"messaging": MarketplaceMessagingSettings(**messaging.model_dump())}
    return {"messaging": messaging} if name == "intake" else {}
