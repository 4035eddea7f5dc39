"""What every service is made of: its database, delivery, health, metrics and HTTP app."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import structlog
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from shared.auth import JwksKeys, KeySource, TokenVerifier
from shared.clock import Clock
from shared.contracts.event import Event
from shared.contracts.topics import ServiceName, topics_consumed_by
from shared.database import Database, is_transient
from shared.housekeeping import Chore, keep_house_hourly
from shared.http import HotDoors, RequestScope
from shared.inbox import Handler, Inbox
from shared.local_issuer import LocalIssuer
from shared.metrics import (
    DELIVERY_GAUGES,
    DatabaseGauges,
    GaugeQuery,
    LiveGauges,
    ServiceMetrics,
)
from shared.openapi import DocumentedApp
from shared.problems import install_problem_handlers
from shared.relay import Relay
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.backoff import backoff_seconds
from shared.transport.port import Subscription, Transport
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)

OnStart = Callable[["Service"], Awaitable[None]]
_WATCH_SECONDS = 5.0
_EX_SOFTWARE = 70


class Readiness(BaseModel):
    """Whether a service can do its work, and what is amiss, by part."""

    status: Literal["ok", "not ready"]
    problems: dict[str, str] | None = None


class Service:
    """One running service. Its `app` is complete once `build_app` was called."""

    def __init__(
        self,
        name: ServiceName,
        settings: ServiceSettings,
        transport: Transport | None,
        clock: Clock,
        gauges: Sequence[GaugeQuery] = (),
    ) -> None:
        """Without a transport (survey, marketplace) there is neither relay nor inbox."""
        self.name = name
        self.clock = clock
        self.transport = transport
        self.metrics = ServiceMetrics(name)
        self._database_url = settings.database_url
        self._further_databases: list[Database] = []
        self.database = Database(
            settings.database_url,
            pool_size=2 * settings.core.database_pool,
            max_overflow=0,
        )
        self._transport_started = False
        self.relay: Relay | None = None
        if transport is not None:
            self.relay = Relay(
                self.database,
                transport,
                clock,
                batch_size=settings.core.relay_batch,
                poll_seconds=settings.core.relay_poll_seconds,
                observe=self.metrics.observe_published,
            )
        self.units = UnitsOfWork(
            self.database, clock, self.relay.nudge if self.relay is not None else None
        )
        self.verifier = token_verifier(settings.core, clock)
        delivery = DELIVERY_GAUGES if transport is not None else ()
        self._gauges = DatabaseGauges(
            self.database, clock, name, [*delivery, *gauges], settings.core.gauge_seconds
        )
        self.subscription: Subscription | None = None
        self.handlers: Mapping[type[Event], Handler] = {}
        self._chores: list[Chore] = []
        #: Set once the first round of chores is over.
        self.tidied = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def build_app(
        self,
        title: str,
        description: str,
        routers: Sequence[APIRouter],
        on_start: OnStart,
        hot_doors: HotDoors = lambda method, path: None,
    ) -> FastAPI:
        """Make the FastAPI app; `on_start` runs once the database answers.

        `hot_doors` are served by method and path without asking the routers, which have them too.
        """
        app = DocumentedApp(
            title=title,
            description=description,
            version="1",
            openapi_url=f"/{self.name}/openapi.json",
            docs_url=f"/{self.name}/docs",
            redoc_url=None,
            lifespan=self._lifespan(on_start),
            generate_unique_id_function=lambda route: route.name,
            # `RequestScope` makes the request's span and its metrics; FastAPI's would be seconds.
            telemetry={"tracing": False, "metrics": False, "logs": False},
        )
        app.state.service = self
        app.state.verifier = self.verifier
        self.metrics.registry.register(self._gauges)
        self.metrics.registry.register(LiveGauges(self.name, self._consumer_gauges))
        for router in routers:
            app.include_router(router)
        app.include_router(self._health_router())
        install_problem_handlers(app)
        app.add_middleware(
            RequestScope,
            service=self.name,
            seconds=self.metrics.http_seconds,
            requests=self.metrics.http_requests,
            hot_doors=hot_doors,
        )
        return app

    async def consume(
        self, handlers: Mapping[type[Event], Handler], *, gather_seconds: float = 0.0
    ) -> None:
        """Subscribe to every topic that the table of topics gives this service.

        `gather_seconds` after some events the next ones are handled together.
        """
        if self.transport is None:
            raise RuntimeError(f"{self.name} has no transport to consume from")
        self.handlers = handlers
        inbox = Inbox(
            self.units,
            self.name,
            handlers,
            self.metrics.observe_inbox,
        )
        topics = [topic.name for topic in topics_consumed_by(self.name)]
        self.subscription = await self.transport.subscribe(
            self.name, topics, inbox.handle, gather_seconds=gather_seconds
        )

    def open_database(self, pool_size: int, server_settings: Mapping[str, str]) -> Database:
        """Open further connections to the service's database, with settings of their own.

        They are closed when the service stops.
        """
        database = Database(
            self._database_url,
            pool_size=pool_size,
            max_overflow=0,
            server_settings=server_settings,
        )
        self._further_databases.append(database)
        return database

    def every_hour(self, chore: Chore) -> None:
        """Do this when the service has started, and every hour then; call it from `on_start`."""
        self._chores.append(chore)

    def run_in_background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run until the service stops; the service is not ready once such a task has ended."""
        self._tasks[name] = asyncio.create_task(work, name=f"{self.name}-{name}")

    async def readiness(self) -> dict[str, str]:
        """Return what is not well, by part; empty when the service is ready."""
        problems = {name: "ended" for name, task in self._tasks.items() if task.done()}
        try:
            async with asyncio.timeout(3):
                await self.database.ping()
        except Exception as error:  # noqa: BLE001 - whatever it is, the database does not answer
            problems["database"] = type(error).__name__
        if self.subscription is not None and not self.subscription.health().alive:
            problems["subscription"] = "not reading"
        return problems

    def _lifespan(self, on_start: OnStart) -> Callable[[FastAPI], Any]:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            await self._wait_for_database()
            try:
                if self.transport is not None:
                    await self.transport.start()
                    self._transport_started = True
                if self.relay is not None:
                    self.run_in_background("relay", self.relay.run())
                await on_start(self)
                house = keep_house_hourly(self.units, self._chores, self.tidied.set)
                self.run_in_background("housekeeping", house)
                if self.subscription is not None:
                    self.run_in_background("watchdog", self._watch())
                log.info("service_started", service=self.name)
                yield
            finally:
                await self._stop()

        return lifespan

    async def _wait_for_database(self) -> None:
        failures = 0
        while True:
            try:
                await self.database.ping()
            except Exception as error:
                if not is_transient(error):
                    raise
                failures += 1
                log.warning("waiting_for_database", service=self.name, error=repr(error)[:200])
                await asyncio.sleep(backoff_seconds(failures))
            else:
                return

    async def _stop(self) -> None:
        # What is told to stop reads no more, and would be taken for hanging.
        if (watchdog := self._tasks.get("watchdog")) is not None:
            watchdog.cancel()
        if self.subscription is not None:
            await self.subscription.stop()
        if self.relay is not None and "relay" in self._tasks:
            self.relay.stop()
            await asyncio.wait([self._tasks["relay"]], timeout=10)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self.transport is not None and self._transport_started:
            self._transport_started = False
            await self.transport.stop()
        for database in (self.database, *self._further_databases):
            await database.close()
        log.info("service_stopped", service=self.name)

    async def _watch(self) -> None:
        """End the process when its subscription hangs: then another takes its partitions."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self.subscription is not None and not self.subscription.health().alive:
                log.critical("subscription_hangs", service=self.name)
                os._exit(_EX_SOFTWARE)

    def _consumer_gauges(self) -> dict[tuple[str, str], float]:
        if self.subscription is None:
            return {}
        health = self.subscription.health()
        return {
            ("tanggap_consumer_lag", "Messages not yet handled, as last seen."): health.lag,
            ("tanggap_consumer_paused", "Partitions that wait for a retry."): health.paused,
            ("tanggap_consumer_reading", "1 while polls and handlers come back, else 0."): float(
                health.alive
            ),
        }

    def _health_router(self) -> APIRouter:
        router = APIRouter(prefix=f"/{self.name}", tags=["health"])

        @router.get("/livez", operation_id=f"{self.name}_livez")
        async def livez() -> dict[str, str]:
            """Say that the process answers."""
            return {"status": "ok"}

        @router.get(
            "/readyz",
            operation_id=f"{self.name}_readyz",
            response_model=Readiness,
            responses={503: {"model": Readiness, "description": "Not ready"}},
        )
        async def readyz() -> JSONResponse:
            """Say whether the service can do its work, and what is amiss if not."""
            problems = await self.readiness()
            body = Readiness(status="not ready" if problems else "ok", problems=problems or None)
            return JSONResponse(body.model_dump(exclude_none=True), 503 if problems else 200)

        @router.get(
            "/metrics", operation_id=f"{self.name}_metrics", response_class=PlainTextResponse
        )
        async def metrics() -> Response:
            """Expose metrics for Prometheus."""
            await self._gauges.refresh()
            content, media_type = self.metrics.exposition()
            return Response(content, headers={"Content-Type": media_type})

        return router


def token_verifier(core: CoreSettings, clock: Clock) -> TokenVerifier:
    """Build the verifier: the OIDC provider's keys, or the local issuer's."""
    keys: KeySource
    if core.oidc_jwks_url is not None:
        keys = JwksKeys(core.oidc_jwks_url)
    else:
        keys = LocalIssuer(core.home, issuer=core.oidc_issuer, audience=core.oidc_audience)
    return TokenVerifier(
        keys,
        clock,
        issuer=core.oidc_issuer,
        audience=core.oidc_audience,
        roles_claim=core.oidc_roles_claim,
        opd_claim=core.oidc_opd_claim,
    )
