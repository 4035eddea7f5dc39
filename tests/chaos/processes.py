"""A service as a process that can be killed, though it shares the test's own process.

Every task that a service begins is known by a context variable, so that all of them can end at
once, wherever they are; at named points the service stops dead and waits for that end.
"""

import asyncio
import contextvars
from collections.abc import Coroutine, Generator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.util import await_only

from services.all_in_one import create_service_app
from shared.clock import Clock
from shared.contracts.topics import ServiceName
from shared.service import Service
from shared.settings import ServiceSettings
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import BatchHandler, Subscription, Transport
from tests.load.client import Answer, Unanswered, Unreachable


class Point(StrEnum):
    """Where a process may die."""

    BEFORE_COMMIT = "before commit"
    BEFORE_PUBLISH = "after commit, before publish"
    BEFORE_MARK = "after publish, before mark"
    BEFORE_OFFSET = "after effect, before offset"


_PROCESS: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("process", default=None)


def track_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Let every task of this loop be known to the process that began it."""

    def make_task(
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, context=context)
        owner = context.get(_PROCESS) if context is not None else _PROCESS.get()
        if owner is not None:
            owner.own(task)
        return task

    loop.set_task_factory(make_task)


class Process:
    """One life of one service, from its start to its end."""

    def __init__(
        self, name: ServiceName, settings: ServiceSettings, bus: Transport, clock: Clock
    ) -> None:
        self.name = name
        self.armed: Point | None = None
        self.dead = asyncio.Event()
        self._clock = clock
        self._settings = settings
        self._tasks: set[asyncio.Task[Any]] = set()
        self._context = contextvars.copy_context()
        self._context.run(_PROCESS.set, self)
        self._wire = ProcessWire(self, bus)
        self.app: FastAPI = create_service_app(name, settings, self._wire, clock)
        self.service: Service = self.app.state.service
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://127.0.0.1",
        )
        self._connections: list[Any] = []
        engine = self.service.database.engine.sync_engine
        event.listen(engine, "commit", self._on_commit)
        event.listen(engine, "connect", self._on_connect)

    def own(self, task: asyncio.Task[Any]) -> None:
        """Note a task that ends with this process."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something as a part of this process."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    async def start(self) -> None:
        """Open the doors; a process that dies while it starts has started all the same."""
        ready = asyncio.Event()

        async def live() -> None:
            async with self.app.router.lifespan_context(self.app):
                ready.set()
                await asyncio.Event().wait()

        life = self.run(live())
        waiting = [asyncio.create_task(each.wait()) for each in (ready, self.dead)]
        await asyncio.wait([life, *waiting], return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        if life.done() and not life.cancelled() and (error := life.exception()) is not None:
            raise error

    async def kill(self) -> None:
        """End every task at once and drop the connections: nothing that was begun is finished."""
        self.dead.set()
        for _ in range(50):
            if not (alive := [task for task in self._tasks if not task.done()]):
                break
            for task in alive:
                task.cancel()
            await asyncio.wait(alive, timeout=0.2)
        # Whoever was ended in the midst of a transaction may not have given its connection back;
        # with a process its sockets end, and the server then gives up what was begun.
        for connection in self._connections:
            connection.terminate()
        await self.service.database.close()
        with suppress(RuntimeError):
            await self._client.aclose()

    async def reach(self, point: Point) -> None:
        """Die here, if this point is armed."""
        if self.armed is point:
            self._die()
            await asyncio.Event().wait()

    async def ask(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Carry out a request; raises Unanswered when the process dies meanwhile."""
        if self.dead.is_set():
            raise Unreachable(f"{self.name} is down")
        request = self.run(self._client.request(method, path, content=content, headers=headers))
        death = asyncio.create_task(self.dead.wait())
        try:
            await asyncio.wait([request, death], return_when=asyncio.FIRST_COMPLETED)
        finally:
            death.cancel()
        if not request.done() or request.cancelled() or request.exception() is not None:
            raise Unanswered(f"{self.name} died")
        answer: httpx.Response = request.result()
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    def _die(self) -> None:
        self.armed = None
        self.dead.set()

    def _on_connect(self, connection: Any, _record: object) -> None:
        self._connections.append(connection.driver_connection)

    def _on_commit(self, _connection: object) -> None:
        if self.armed is Point.BEFORE_COMMIT:
            self._die()
            await_only(asyncio.Event().wait())


class ProcessWire:
    """The transport as one process sees it: it may die before and after each step."""

    def __init__(self, process: Process, bus: Transport) -> None:
        self._process = process
        self._bus = bus

    async def start(self) -> None:
        """Do nothing: the bus outlives its users."""

    async def stop(self) -> None:
        """Do nothing: the bus outlives its users."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish, unless the process dies before or after."""
        await self._process.reach(Point.BEFORE_PUBLISH)
        await self._bus.publish(messages)
        await self._process.reach(Point.BEFORE_MARK)

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> Subscription:
        """Subscribe; the process may die between the effect and the offset."""

        async def handle_or_die(messages: Sequence[ReceivedMessage]) -> None:
            await handle(messages)
            await self._process.reach(Point.BEFORE_OFFSET)

        return await self._bus.subscribe(
            group, topics, handle_or_die, gather_seconds=gather_seconds
        )
