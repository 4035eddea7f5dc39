"""The relay carries the outbox to the wire: at least once, in order per complaint.

Rows are found by `published_at IS NULL`, never by a cursor over the sequence, which would skip a
transaction that drew its number early and committed late. One relay per service holds a Postgres
advisory lock. Where more waits than one batch holds, the next one is read while the last one waits
for its acknowledgement; should a later batch overtake a failed one, the inboxes park it until the
earlier one comes.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock
from shared.contracts.envelope import write_headers
from shared.database import Database
from shared.transport.message import Message
from shared.transport.port import Transport

log = structlog.get_logger(__name__)

_LOCK_KEY = 0x7A6E6767  # "tngg": any number that nothing else in this database locks
# Arrays travel as text, which costs the driver less than their items, and are read in a subquery:
# a cast in the condition itself is evaluated for each row.
_READ = text(
    """
    SELECT seq, CAST(id AS text), topic, aggregatetype, aggregateid, type, payload,
           aggregate_version, time, correlation_id, causation_id, traceparent
    FROM outbox
    WHERE published_at IS NULL
      AND seq NOT IN (SELECT unnest(CAST(CAST(:in_flight AS text) AS bigint[])))
    ORDER BY seq
    LIMIT :limit
    """
)
_MARK = text(
    """
    UPDATE outbox SET published_at = :now
    WHERE published_at IS NULL
      AND seq = ANY (CAST((SELECT CAST(CAST(:seqs AS text) AS bigint[])) AS bigint[]))
    """
)
_FORGET = text("DELETE FROM outbox WHERE published_at < :before")
# A lone event goes at once; one that follows waits for others this long.
_GATHER_SECONDS = 0.02
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way to the wire."""

    seqs: list[int]
    messages: list[Message]


class Relay:
    """Publishes one service's outbox until stopped."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        clock: Clock,
        *,
        batch_size: int = 400,
        in_flight: int = 3,
        poll_seconds: float = 0.25,
        retention: timedelta = timedelta(days=7),
        observe: Callable[[int], None] = lambda count: None,
    ) -> None:
        """`observe(count)` hears of each batch that was acknowledged and marked."""
        self._database = database
        self._transport = transport
        self._clock = clock
        self._batch_size = batch_size
        self._in_flight = in_flight
        self._poll_seconds = poll_seconds
        self._retention = retention
        self._observe = observe
        self._nudged = asyncio.Event()
        self._stopping = asyncio.Event()

    def nudge(self) -> None:
        """Say that a commit left something to publish; never blocks."""
        self._nudged.set()

    async def run(self) -> None:
        """Publish until `stop`; waits for the advisory lock, and survives every passing fault."""
        delay = self._poll_seconds
        while not self._stopping.is_set():
            try:
                await self._run_locked()
                delay = self._poll_seconds
            except Exception as error:  # noqa: BLE001 - whatever it was, the rows are still there
                log.warning("relay_interrupted", error=repr(error), retry_in=delay)
                delay = min(delay * 2, 5.0)
            await self._rest(delay)

    def stop(self) -> None:
        """Let `run` return after the batches in flight."""
        self._stopping.set()
        self._nudged.set()

    async def publish_once(self) -> int:
        """Publish what waits now, one batch after the other; returns how many rows."""
        published = 0
        async with self._database.engine.connect() as connection:
            while batch := await self._read(connection, []):
                await self._send_and_mark(batch)
                published += len(batch.seqs)
        return published

    async def _run_locked(self) -> None:
        async with self._database.autocommit.connect() as connection:
            if not (await connection.execute(_TRY_LOCK, {"key": _LOCK_KEY})).scalar_one():
                return
            try:
                await self._pump(connection)
            finally:
                # The lock belongs to the server's session: it must end, not go back to the pool.
                await connection.invalidate()

    async def _pump(self, connection: AsyncConnection) -> None:
        sending: dict[asyncio.Task[None], Batch] = {}
        last_cleaning = self._clock.now()
        try:
            while not self._stopping.is_set():
                self._nudged.clear()
                in_flight = [seq for batch in sending.values() for seq in batch.seqs]
                batch = await self._read(connection, in_flight)
                if batch:
                    task = asyncio.create_task(self._send_and_mark(batch))
                    task.add_done_callback(self._wake_on_failure)
                    sending[task] = batch
                # A full batch has more behind it. After any other, what is committed while it is
                # on its way, and shortly after, gathers and goes with the next one: few large
                # batches cost everyone behind them less than many small ones.
                full = batch is not None and len(batch.seqs) >= self._batch_size
                await self._collect(sending, at_most=self._in_flight if full else 1)
                if not full:
                    if batch is not None:
                        await self._rest(_GATHER_SECONDS)
                    await self._wait(self._poll_seconds)
                if self._clock.now() - last_cleaning > timedelta(minutes=10):
                    last_cleaning = self._clock.now()
                    await self._forget(connection)
        finally:
            if sending:
                await asyncio.gather(*sending, return_exceptions=True)

    async def _collect(self, sending: dict[asyncio.Task[None], Batch], at_most: int) -> None:
        """Let go of batches that ended, raising what they raised, until another may be sent."""
        while len(pending := [task for task in sending if not task.done()]) >= at_most:
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in [t for t in sending if t.done()]:
            del sending[task]
            task.result()

    def _wake_on_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._nudged.set()

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudged.wait(), seconds)

    async def _rest(self, seconds: float) -> None:
        """Wait out a fault: a nudge does not shorten it, or each commit would try the wire."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _read(self, connection: AsyncConnection, in_flight: Sequence[int]) -> Batch | None:
        result = await connection.execute(
            _READ, {"in_flight": _array(in_flight), "limit": self._batch_size}
        )
        rows = result.all()
        if not rows:
            return None
        return Batch([row[0] for row in rows], [_message(*row[1:]) for row in rows])

    async def _send_and_mark(self, batch: Batch) -> None:
        await self._transport.publish(batch.messages)
        # One statement is a transaction by itself: no BEGIN and COMMIT to send.
        async with self._database.autocommit.connect() as connection:
            await connection.execute(_MARK, {"seqs": _array(batch.seqs), "now": self._clock.now()})
        self._observe(len(batch.seqs))

    async def _forget(self, connection: AsyncConnection) -> None:
        await connection.execute(_FORGET, {"before": self._clock.now() - self._retention})


def _message(
    event_id: str,
    topic: str,
    publisher: str,
    key: str,
    type_name: str,
    payload: str,
    version: int,
    time: datetime,
    correlation_id: str,
    causation_id: str | None,
    traceparent: str | None,
) -> Message:
    headers = write_headers(
        event_id=event_id,
        type_name=type_name,
        source=f"/tanggap/{publisher}",
        time=time,
        aggregate_version=version,
        correlation_id=correlation_id,
        causation_id=causation_id,
        traceparent=traceparent,
    )
    return Message(topic, key, payload.encode(), headers)


def _array(numbers: Sequence[int]) -> str:
    """Write an array as Postgres reads it: for the driver, one text costs less than its items."""
    return f"{{{','.join(map(str, numbers))}}}"
