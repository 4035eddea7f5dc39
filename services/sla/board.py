"""The board: read of the database at most once a second, and shared by all who look at it.

Whoever asks is shown what was read last, while it is read anew for the next; so a request waits for
the database only when nobody has looked for a while. A reading that takes long is taken less often:
boards never use more than a fifth of one connection's time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import board_queries as queries
from services.sla.board_schemas import Board
from services.sla.drawing_board import (
    SHOWN_OLDEST,
    BoardReading,
    Names,
    PeriodReading,
    draw_board,
)
from services.sla.periods import Starts, starts_of
from shared.clock import Clock
from shared.database import Database

log = structlog.get_logger(__name__)

_LAST_HOUR = timedelta(hours=1)
#: Reading takes one part of this many of the time, at most.
_REST: Final = 5
#: Weeks and months move slowly, and are read once in so many readings' time.
_PAST_EVERY: Final = 15
#: What was read before that many readings' time is shown to nobody.
_TOO_OLD: Final = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """A board as it is sent: its JSON, and an id that is the same where the figures are."""

    id: str
    json: str


@dataclass
class Snapshot:
    """What was read at one instant, and the boards that were made of it so far."""

    reading: BoardReading
    names: Names
    _boards: dict[str | None, Board] = field(default_factory=dict)
    _frames: dict[str | None, Frame] = field(default_factory=dict)

    def board(self, opd: str | None) -> Board:
        """Return the board of an OPD, or of all together."""
        if opd not in self._boards:
            self._boards[opd] = draw_board(self.reading, self.names, opd)
        return self._boards[opd]

    def frame(self, opd: str | None) -> Frame:
        """Return that board as it is sent; its time alone does not make it another one."""
        if opd not in self._frames:
            board = self.board(opd)
            figures = board.model_dump_json(exclude={"as_of"})
            name = sha256(figures.encode()).hexdigest()[:20]
            self._frames[opd] = Frame(name, board.model_dump_json())
        return self._frames[opd]


@dataclass(frozen=True, slots=True)
class _Past:
    """The figures of week and month, and when they were read."""

    starts: Starts
    week: PeriodReading
    month: PeriodReading
    as_of: datetime
    read_at: float


class BoardKeeper:
    """Keeps the newest snapshot of this process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        zone: ZoneInfo,
        names: Names,
        seconds: float,
        observe: Callable[[float | None], None] = lambda took: None,
    ) -> None:
        """Read at most once in so many seconds.

        `observe` hears how many seconds each reading took, and None of one that failed.
        """
        self._observe = observe
        self._database = database
        self._clock = clock
        self._zone = zone
        self._names = names
        self._seconds = seconds
        self._pace = seconds
        self._snapshot: Snapshot | None = None
        self._read_at = 0.0
        self._past: _Past | None = None
        self._reading: asyncio.Task[None] | None = None
        self._listeners = 0
        self._wanted = asyncio.Event()
        self._news = asyncio.Event()

    @property
    def pace(self) -> float:
        """Return the seconds between two readings, as long as anybody looks."""
        return self._pace

    async def current(self) -> Snapshot:
        """Return a snapshot that is new enough; raises what the database does if there is none."""
        if self._age() < self._pace and self._snapshot is not None:
            return self._snapshot
        reading = self._begin_reading()
        if self._snapshot is None or self._age() > _TOO_OLD * self._pace:
            await asyncio.shield(reading)
        if self._snapshot is None:
            raise RuntimeError("a reading ended without a snapshot")
        return self._snapshot

    async def follow(
        self, opd: str | None, seen: str | None, seconds: float
    ) -> AsyncIterator[Frame]:
        """Yield the board whenever its figures change, for so many seconds.

        Each frame is the whole board, so that who was away misses nothing: `seen` is the frame that
        a listener had last, and is not sent again.
        """
        ends = monotonic() + seconds
        self._listeners += 1
        self._wanted.set()
        try:
            while True:
                news = self._news
                if self._snapshot is not None:
                    frame = self._snapshot.frame(opd)
                    if frame.id != seen:
                        seen = frame.id
                        yield frame
                try:
                    async with asyncio.timeout(max(ends - monotonic(), 0)):
                        await news.wait()
                except TimeoutError:
                    return
        finally:
            self._listeners -= 1

    async def run(self) -> None:
        """Read for as long as anybody listens, until cancelled; then no reading is left behind."""
        try:
            while True:
                await self._wanted.wait()
                if self._listeners:
                    await self._read_for_listeners()
                else:
                    self._wanted.clear()
        finally:
            if self._reading is not None:
                self._reading.cancel()
                await asyncio.wait([self._reading])

    async def _read_for_listeners(self) -> None:
        try:
            await asyncio.shield(self._begin_reading())
        except Exception as error:  # noqa: BLE001 - listeners wait until it can be read again
            log.warning("board_not_read", error=repr(error)[:200])
        await asyncio.sleep(self._pace)

    def _age(self) -> float:
        """Return for how many seconds the snapshot is known, by whichever clock says more."""
        if self._snapshot is None:
            return float("inf")
        shown = abs((self._clock.now() - self._snapshot.reading.as_of).total_seconds())
        return max(monotonic() - self._read_at, shown)

    def _begin_reading(self) -> asyncio.Task[None]:
        """Read, or join who does."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="sla-board-reading")
            # Nobody may be waiting for it: then its error is of no use to anyone.
            self._reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._reading

    async def _read(self) -> None:
        try:
            await self._read_all()
        except Exception:
            self._observe(None)
            raise

    async def _read_all(self) -> None:
        began = monotonic()
        now = self._clock.now()
        async with self._database.transaction() as connection:
            past = await self._read_past(connection, now)
            open_cases = await queries.count_open(connection, now)
            reading = BoardReading(
                as_of=now,
                open=open_cases,
                oldest=await queries.list_oldest(
                    connection, [row.opd for row in open_cases], SHOWN_OLDEST
                ),
                due=await queries.count_due(connection, now),
                flow=await queries.count_flow(connection, now - _LAST_HOUR),
                today=await _read_period(connection, past.starts.day),
                week=past.week,
                month=past.month,
            )
        self._snapshot = Snapshot(reading, self._names)
        self._read_at = monotonic()
        took = self._read_at - began
        self._pace = max(self._seconds, _REST * took)
        self._observe(took)
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _read_past(self, connection: AsyncConnection, now: datetime) -> _Past:
        starts = starts_of(now, self._zone)
        known = self._past
        if known is not None and known.starts == starts:
            age = max(monotonic() - known.read_at, abs((now - known.as_of).total_seconds()))
            if age < _PAST_EVERY * self._pace:
                return known
        self._past = _Past(
            starts=starts,
            week=await _read_period(connection, starts.week),
            month=await _read_period(connection, starts.month),
            as_of=now,
            read_at=monotonic(),
        )
        return self._past


async def _read_period(connection: AsyncConnection, since: datetime) -> PeriodReading:
    return PeriodReading(
        since=since,
        received=await queries.count_received(connection, since),
        answers=await queries.read_answers(connection, since),
    )
