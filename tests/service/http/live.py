"""The whole system behind a real port, in a thread with an event loop of its own."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

import httpx
import requests
import uvicorn

from shared.auth import Role
from shared.embedded.ports import HOST, free_port
from tests.support.servers import Databases
from tests.support.system import System, running_system

T = TypeVar("T")

_STARTING_SECONDS = 60
_WORKING_SECONDS = 30


@dataclass
class LiveSystem:
    """A running system that synchronous tests knock at, over connections that are kept."""

    url: str
    system: System
    loop: asyncio.AbstractEventLoop
    client: httpx.Client
    session: requests.Session
    _kept: dict[str, Any] = field(default_factory=dict)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """Return what was made under this name, or make it."""
        if name not in self._kept:
            self._kept[name] = make()
        made: T = self._kept[name]
        return made

    def run(self, work: Callable[[System], Coroutine[Any, Any, T]]) -> T:
        """Do something with the system on its own loop, and wait for it."""
        future = asyncio.run_coroutine_threadsafe(work(self.system), self.loop)
        return future.result(_WORKING_SECONDS)

    def staff(self, *roles: Role, opd: str | None = None) -> dict[str, str]:
        """Return the headers that a member of staff sends."""
        return self.system.staff(*roles, opd=opd)


@contextmanager
def live_system(databases: Databases, home: Path) -> Iterator[LiveSystem]:
    """Serve the embedded default with uvicorn until the block ends."""
    started = Event()
    found: list[tuple[LiveSystem, asyncio.Event]] = []
    failures: list[BaseException] = []

    async def serve() -> None:
        async with running_system(databases, home) as system:
            port = free_port()
            server = uvicorn.Server(
                uvicorn.Config(
                    system.app,
                    host=HOST,
                    port=port,
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    timeout_graceful_shutdown=5,
                )
            )
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
                await asyncio.sleep(0.01)
            stopping = asyncio.Event()
            loop = asyncio.get_running_loop()
            url = f"http://{HOST}:{port}"
            # Reading the certificates of authorities would take longer than most answers.
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            with httpx.Client(base_url=url, verify=trust) as client, requests.Session() as session:
                live = LiveSystem(url, system, loop, client, session)
                found.append((live, stopping))
                started.set()
                await stopping.wait()
            server.should_exit = True
            await serving

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - the thread that waits shall raise it
            failures.append(error)
        finally:
            started.set()

    thread = Thread(target=run, name="live-system", daemon=True)
    thread.start()
    started.wait(_STARTING_SECONDS)
    if failures:
        raise failures[0]
    live, stopping = found[0]
    try:
        yield live
    finally:
        live.loop.call_soon_threadsafe(stopping.set)
        thread.join(_STARTING_SECONDS)
    if failures:
        raise failures[0]
