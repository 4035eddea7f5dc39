"""What waits for nothing runs in the event loop: each function of a route is a coroutine."""

from collections.abc import Iterable, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from services.all_in_one import create_service_app, settings_of
from shared.clock import SystemClock
from shared.contracts.topics import SERVICES, ServiceName
from shared.transport.unconnected import UnconnectedTransport


def calls_of(dependant: Dependant) -> Iterator[object]:
    """Yield the function of a route and those that it depends on."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from calls_of(each)


def _is_async(call: object) -> bool:
    is_scheme = hasattr(call, "scheme_name")
    return is_scheme or iscoroutinefunction(call) or isasyncgenfunction(call)


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Yield the routes of an app and of the routers that it includes."""
    for each in routes:
        if isinstance(each, APIRoute):
            yield each
        yield from routes_of(getattr(getattr(each, "original_router", None), "routes", ()))


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_goes_through_a_thread_for_what_does_not_block(service: ServiceName) -> None:
    """FastAPI calls what is no coroutine in a thread: a twentieth of what a search cost."""
    settings = settings_of(service, database_url="postgresql+asyncpg://nowhere/nothing")
    app = create_service_app(service, settings, UnconnectedTransport(), SystemClock())
    routes = list(routes_of(app.routes))
    found = [
        f"{route.path}: {call}"
        for route in routes
        for call in calls_of(route.dependant)
        if call is not None and not _is_async(call)
    ]
    assert routes
    assert found == []
