"""An HTTP/1.1 client that costs so little that the server, not the load, is the limit.

Keep-alive connections on raw asyncio protocols; requests are bytes made beforehand or by a cheap
function. It understands answers with a Content-Length, which is what the services send.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, cast

#: From design: an answer that takes longer is an error.
TOO_LATE_SECONDS: Final = 5.0


class BadAnswer(ConnectionError):
    """The server closed the connection or sent what is no HTTP answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the body, and the seconds from the first byte sent to the last received."""

    status: int
    body: bytes
    seconds: float


MakeRequest = Callable[[], bytes]
"""Makes the next request, head and body."""


def post_request(path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """Write a POST with a JSON body."""
    extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


class _Wire(asyncio.Protocol):
    """One connection with at most one request in flight."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._expected: int | None = None
        self._body_starts = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BadAnswer(repr(exc)))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._expected is None:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._body_starts = end + 4
            head = bytes(self._received[:end]).lower()
            _, found, rest = head.partition(b"content-length:")
            self._expected = self._body_starts + int(rest.partition(b"\r\n")[0] if found else b"0")
        if len(self._received) >= self._expected and self._answer is not None:
            status = int(self._received[9:12])
            body = bytes(self._received[self._body_starts : self._expected])
            self._received.clear()
            self._expected = None
            if not self._answer.done():
                self._answer.set_result((status, body))

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None:
            raise BadAnswer("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Connection:
    """A keep-alive connection that opens itself again after a failure."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._wire: _Wire | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send one request; raises OSError or TimeoutError when no whole answer comes in time."""
        started = perf_counter()
        try:
            async with asyncio.timeout(TOO_LATE_SECONDS):
                # Servers close connections that rest for some seconds.
                if self._wire is None or not self._wire.is_open:
                    loop = asyncio.get_running_loop()
                    _, self._wire = await loop.create_connection(_Wire, self._host, self._port)
                status, body = await self._wire.send(request)
        except BaseException:
            self.close()
            raise
        return Answer(status, body, perf_counter() - started)

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


@dataclass(slots=True)
class Load:
    """What a load brought: how long it ran, answers by status (0: none), seconds of each 2xx."""

    elapsed: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    first_error: str = ""

    @property
    def errors(self) -> int:
        """Count what was not answered with a 2xx in time."""
        return sum(n for status, n in self.statuses.items() if not 200 <= status < 300)

    @property
    def rate(self) -> float:
        """Return good answers a second."""
        return len(self.seconds) / self.elapsed if self.elapsed else 0.0

    def note(self, answer: Answer | BaseException) -> None:
        """Count one answer, or the want of one."""
        if isinstance(answer, BaseException):
            self.statuses[0] += 1
            self.first_error = self.first_error or repr(answer)
            return
        self.statuses[answer.status] += 1
        if 200 <= answer.status < 300:
            self.seconds.append(answer.seconds)
        else:
            self.first_error = self.first_error or answer.body[:500].decode(errors="replace")


class Clients:
    """Some clients that each ask again as soon as they were answered (a closed loop)."""

    def __init__(self, host: str, port: int, make: MakeRequest, count: int = 32) -> None:
        self._connections = [Connection(host, port) for _ in range(count)]
        self._make = make

    async def run(self, seconds: float) -> Load:
        """Ask for so long; connections stay open for the next run."""
        load = Load()
        started = perf_counter()
        await asyncio.gather(
            *(self._ask(each, load, started + seconds) for each in self._connections)
        )
        load.elapsed = perf_counter() - started
        return load

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()

    async def _ask(self, connection: Connection, load: Load, until: float) -> None:
        while perf_counter() < until:
            try:
                load.note(await connection.ask(self._make()))
            except (OSError, TimeoutError) as error:
                load.note(error)
                await asyncio.sleep(0.05)
