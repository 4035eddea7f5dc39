"""A small HTTP client for load: kept connections, and a clear word on what became of a request.

A request ends in one of three ways: an answer, Unreachable (it never left), or Unanswered (it left,
and whether it took effect is not known).
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import httptools


class Unreachable(ConnectionError):
    """No connection: the request was certainly not carried out."""


class Unanswered(ConnectionError):
    """The request left and no answer came: it may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


class Way(Protocol):
    """A way to a service: over the wire, or straight into the app of a test."""

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return its answer; raises Unreachable or Unanswered."""
        ...


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Unanswered(f"connection lost: {exc!r}"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        answer = Answer(self._parser.get_status_code(), self._headers, bytes(self._body))
        self._headers, self._body = {}, bytearray()
        if not self._parser.should_keep_alive():
            self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    async def ask(self, request: bytes) -> Answer:
        if self._transport is None or not self.open:
            raise Unreachable("the connection is closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.abort()


class Door:
    """Requests to one server, over as many kept connections as there are requests at once."""

    def __init__(self, base_url: str, *, timeout_seconds: float = 10.0) -> None:
        """Take `http://host:port`; nothing connects before the first request."""
        parts = urlsplit(base_url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._timeout = timeout_seconds
        self._idle: deque[_Connection] = deque()

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return its answer; raises Unreachable or Unanswered."""
        return await self.send(self.request(method, path, content, headers))

    def request(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Write a request as it goes over the wire, for those who send the same one often."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if content:
            lines += ["content-type: application/json"]
        if content or method not in ("GET", "HEAD"):
            lines += [f"content-length: {len(content)}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + content

    async def send(self, request: bytes) -> Answer:
        """Send what `request` wrote; raises Unreachable or Unanswered."""
        connection = await self._connection()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await connection.ask(request)
        except TimeoutError as error:
            connection.close()
            raise Unanswered(f"no answer in {self._timeout:g} s") from error
        except BaseException:
            connection.close()
            raise
        if connection.open:
            self._idle.append(connection)
        return answer

    async def close(self) -> None:
        """Close every kept connection."""
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)

    async def _connection(self) -> _Connection:
        while self._idle:
            kept = self._idle.pop()
            if kept.open:
                return kept
        try:
            async with asyncio.timeout(self._timeout):
                _, made = await asyncio.get_running_loop().create_connection(
                    _Connection, self._host, self._port
                )
        except (OSError, TimeoutError) as error:
            raise Unreachable(str(error)) from error
        return made


async def at_rate(
    per_second: float,
    job: Callable[[int], Awaitable[None]],
    *,
    seconds: float | None = None,
    count: int | None = None,
    stop: asyncio.Event | None = None,
) -> int:
    """Begin `job(0)`, `job(1)` … at a steady rate whether or not earlier ones are done.

    Ends after so many seconds, so many jobs or when `stop` is set, and waits for those begun;
    returns how many there were. What a job raises is raised in the end.
    """
    began = monotonic()
    running: set[asyncio.Task[None]] = set()
    failed: list[BaseException] = []
    number = 0

    def done(task: asyncio.Task[None]) -> None:
        running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            failed.append(error)

    async def run(number: int) -> None:
        await job(number)

    while (
        (count is None or number < count)
        and (seconds is None or number / per_second < seconds)
        and not (stop is not None and stop.is_set())
        and not failed
    ):
        pause = began + number / per_second - monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        task = asyncio.create_task(run(number))
        running.add(task)
        task.add_done_callback(done)
        number += 1
    while running:
        await asyncio.wait(running)
    if failed:
        raise failed[0]
    return number


async def in_turn(clients: int, job: Callable[[int], Awaitable[None]], *, seconds: float) -> int:
    """Let so many clients do `job` one after the other for some seconds; returns how many jobs."""
    until = monotonic() + seconds
    done = 0

    async def client(number: int) -> None:
        nonlocal done
        while monotonic() < until:
            await job(number)
            done += 1

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
    return done
