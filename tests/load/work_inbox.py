"""What the inbox's worker does: take in a topic, with an effect and an outbox row per event."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
from sqlalchemy import text

from shared.clock import SystemClock
from shared.contracts.event import Event
from shared.contracts.intake import CitizenMessageReceived, ComplaintSubmitted
from shared.contracts.routing import CaseTriaged
from shared.database import Database
from shared.inbox import Handler, Inbox
from shared.settings import CoreSettings
from shared.transport.kafka import KafkaTransport
from shared.transport.message import ReceivedMessage
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from tests.load.events import TOPIC
from tests.load.reference.inbox import REFERENCE_TOPIC, bare_consumer, consume_batch
from tests.load.worker import Command, Stopwatch

#: As KafkaTransport's own default.
BATCH_SIZE = 200
EFFECT_TABLES = (
    "CREATE TABLE effect (complaint_id text NOT NULL, kind text NOT NULL, at timestamptz NOT NULL)",
    "CREATE TABLE reference_effect (complaint_id text NOT NULL, payload text NOT NULL)",
)
_EMPTY = text(
    "TRUNCATE outbox, outbox_stream, inbox, inbox_stream, parked, dead_letter, effect,"
    " reference_effect"
)
_EFFECT = text("INSERT INTO effect (complaint_id, kind, at) VALUES (:complaint_id, :kind, :at)")


async def _take_note(unit: UnitOfWork, event: Event) -> None:
    """Have the effect of a small handler: one row, one event of one's own."""
    await unit.connection.execute(
        _EFFECT,
        {
            "complaint_id": event.complaint_id,
            "kind": type(event).__name__,
            "at": event.occurred_at,
        },
    )
    unit.publish(
        CaseTriaged(
            complaint_id=event.complaint_id,
            occurred_at=unit.now,
            proposals=(),
            reason="no rule matched",
        )
    )


class Work:
    """Both sides of the comparison in one process, reading the same topic."""

    def __init__(self, config: dict[str, Any]) -> None:
        """`config` names `database_url`, `dsn` and `bootstrap`."""
        self._config = config

    async def open(self, stack: AsyncExitStack) -> dict[str, Command]:
        """Connect to Postgres."""
        core = CoreSettings()
        pool = core.database_pool
        self._database = Database(self._config["database_url"], pool_size=pool, max_overflow=pool)
        stack.push_async_callback(self._database.close)
        self._pool = await asyncpg.create_pool(
            self._config["dsn"], min_size=pool, max_size=2 * pool
        )
        stack.push_async_callback(self._pool.close)
        return {"empty": self.empty, "ours": self.ours, "reference": self.reference}

    async def empty(self) -> dict[str, Any]:
        """Begin a round on empty tables."""
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(_EMPTY)
            await connection.execute(text("CHECKPOINT"))
        return {}

    async def ours(self, count: int) -> dict[str, Any]:
        """Take in `count` events through transport and inbox; timed from the first batch on."""
        units = UnitsOfWork(self._database, SystemClock())
        handlers: dict[type[Event], Handler] = {
            ComplaintSubmitted: _take_note,
            CitizenMessageReceived: _take_note,
        }
        outcomes: dict[str, int] = {}

        def observe(outcome: str, number: int) -> None:
            outcomes[outcome] = outcomes.get(outcome, 0) + number
            if sum(outcomes.values()) >= count:
                done.set()

        inbox = Inbox(units, "bench", handlers, observe)
        done = asyncio.Event()
        watch = Stopwatch()
        seen = False

        async def handle(messages: Sequence[ReceivedMessage]) -> None:
            nonlocal seen
            if not seen:
                seen = True
                watch.restart()
            await inbox.handle(messages)

        transport = KafkaTransport(
            self._config["bootstrap"], client_id="bench-inbox", batch_size=BATCH_SIZE
        )
        subscription = await transport.subscribe("bench", [TOPIC], handle)
        try:
            await done.wait()
            answer = watch.read(outcomes["handled"])
        finally:
            await subscription.stop()
        return {**answer, "outcomes": outcomes}

    async def reference(self, count: int) -> dict[str, Any]:
        """Take in `count` events with the bare loop; timed from the first batch on."""
        consumer = bare_consumer(self._config["bootstrap"], REFERENCE_TOPIC, BATCH_SIZE)
        await consumer.start()
        watch = Stopwatch()
        taken = 0
        try:
            while taken < count:
                if not taken:
                    watch.restart()
                taken += await consume_batch(consumer, self._pool)
            answer = watch.read(taken)
        finally:
            await consumer.stop()
        return answer
