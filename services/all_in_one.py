"""The embedded default: all five services in one process, behind one port.

The only module, beside the command line, that knows all services.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.clock import Clock
from shared.contracts.topics import SERVICES, TOPICS, ServiceName
from shared.problems import install_problem_handlers
from shared.service import Service
from shared.settings import ServiceSettings
from shared.transport.port import Transport

CreateApp = Callable[[ServiceSettings, Transport | None, Clock], FastAPI]

#: Those that publish or consume; the others stand alone.
EVENT_DRIVEN: frozenset[ServiceName] = frozenset(
    name for topic in TOPICS for name in (topic.publisher, *topic.consumers)
)


def settings_of(name: ServiceName, **values: Any) -> ServiceSettings:
    """Read a service's settings from the environment; `values` win over it."""
    module = import_module(f"services.{name}.settings")
    made: ServiceSettings = getattr(module, f"{name.capitalize()}Settings")(**values)
    return made


def create_service_app(
    name: ServiceName, settings: ServiceSettings, transport: Transport | None, clock: Clock
) -> FastAPI:
    """Build one service's app; those that stand alone are given no transport."""
    create_app: CreateApp = import_module(f"services.{name}.app").create_app
    return create_app(settings, transport if name in EVENT_DRIVEN else None, clock)


def profile_module(name: ServiceName) -> Any:
    """Return the module that reads a service's part of the profile."""
    return import_module(f"services.{name}.profile")


class AllInOne:
    """Hands each request to the service that the first step of its path names."""

    def __init__(self, apps: Mapping[ServiceName, FastAPI]) -> None:
        """The apps start and stop together with this one."""
        self.apps = apps
        self._by_step: dict[str, ASGIApp] = {str(name): app for name, app in apps.items()}
        self.front = _front(apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan of all."""
        step = scope.get("path", "/").split("/", 2)[1] if scope["type"] != "lifespan" else ""
        await self._by_step.get(step, self.front)(scope, receive, send)


def create_app(
    settings: Mapping[ServiceName, ServiceSettings], transport: Transport, clock: Clock
) -> AllInOne:
    """Build the services that `settings` names, on one transport and one clock."""
    return AllInOne(
        {name: create_service_app(name, each, transport, clock) for name, each in settings.items()}
    )


async def _readiness(apps: Iterable[FastAPI]) -> dict[str, dict[str, str]]:
    services: list[Service] = [app.state.service for app in apps]
    found = {service.name: await service.readiness() for service in services}
    return {name: problems for name, problems in found.items() if problems}


def _front(apps: Mapping[ServiceName, FastAPI]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    front = FastAPI(title="Tanggap", version="1", lifespan=lifespan, openapi_url=None)
    install_problem_handlers(front)

    @front.get("/")
    async def index() -> dict[str, object]:
        """Say what is here."""
        return {
            "name": "tanggap",
            "services": {
                name: {"docs": f"/{name}/docs", "openapi": f"/{name}/openapi.json"}
                for name in SERVICES
                if name in apps
            },
            "ready": "/readyz",
        }

    @front.get("/livez")
    async def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @front.get("/readyz")
    async def readyz() -> JSONResponse:
        """Say whether all services can do their work."""
        problems = await _readiness(apps.values())
        body: dict[str, object] = {"status": "ok" if not problems else "not ready"}
        if problems:
            body["problems"] = problems
        return JSONResponse(body, 503 if problems else 200)

    return front
