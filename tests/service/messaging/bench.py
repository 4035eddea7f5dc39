"""A queue on real Postgres with workers at it, for tests that watch what goes out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import ManualClock
from shared.database import Database
from shared.ids import new_id
from shared.messaging import queue
from shared.messaging.metrics import MessagingMetrics
from shared.messaging.port import OutgoingMessage, Sender
from shared.messaging.queue import Draft, Queued
from shared.messaging.schema import create_messaging_tables
from shared.messaging.settings import MessagingSettings
from shared.messaging.worker import Dropped, MessageWorker
from shared.unit_of_work import UnitsOfWork
from tests.support.delivery import NOW


def create_tables(connection: Connection) -> None:
    """Create the queue's table."""
    with Operations.context(MigrationContext.configure(connection)):
        create_messaging_tables()


@dataclass
class Bench:
    """A service that sends: its queue, its clock, and whom it cannot find."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    gone: set[str] = field(default_factory=set)
    broken: int = 0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        """Build units and counters."""
        self.units = UnitsOfWork(self.database, self.clock)
        self.metrics = MessagingMetrics("test", self.registry)

    async def resolve(self, connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        """Find the address of a reference, which here is the reference itself."""
        if self.broken:
            self.broken -= 1
            raise LookupError("a template is broken")
        if message.reference in self.gone:
            raise Dropped("erased")
        said = f"{message.template} {message.parameters.get('n', '')}".strip()
        return OutgoingMessage(
            message.message_id, message.channel, message.account, message.reference, said
        )

    def worker(self, channel: str, sender: Sender, settings: MessagingSettings) -> MessageWorker:
        """Build another worker of this service."""
        return MessageWorker(channel, sender, self.units, self.resolve, self.metrics, settings)

    @asynccontextmanager
    async def working(self, *workers: MessageWorker) -> AsyncIterator[None]:
        """Let workers work until the block ends."""
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def put(self, channel: str, to: str = "4411", **values: Any) -> str:
        """Queue a message in a transaction of its own."""
        message_id = values.pop("message_id", None) or new_id()
        parameters: Mapping[str, Any] = values.pop("parameters", {})
        draft = Draft(
            channel=channel,
            lane=values.pop("lane", to),
            reference=to,
            template=values.pop("template", "kabar"),
            parameters=parameters,
            message_id=message_id,
            **values,
        )
        async with self.units.begin() as unit:
            await queue.enqueue(unit.connection, [draft], unit.now)
        return message_id

    async def row(self, message_id: str) -> dict[str, Any]:
        """Return a message as it stands."""
        (row,) = await self.rows(
            "SELECT * FROM outgoing_message WHERE message_id = CAST(:id AS uuid)", id=message_id
        )
        return row

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the database."""
        async with self.database.transaction() as connection:
            found = await connection.execute(text(sql), values)
            return [dict(row) for row in found.mappings()] if found.returns_rows else []

    async def until(self, message_id: str, *states: str, attempts: int = 0) -> dict[str, Any]:
        """Wait until a message is in one of these states, after so many attempts."""
        deadline = monotonic() + 30
        row: dict[str, Any] = {}
        while True:
            # A test may cut the connections of all.
            with suppress(DBAPIError):
                row = await self.row(message_id)
            if row and row["state"] in states and row["attempts"] >= attempts:
                return row
            assert monotonic() < deadline, row
            await asyncio.sleep(0.01)

    async def counts(self, channel: str, outcome: str, number: int = 1) -> bool:
        """Tell whether so many attempts ended like this; they are counted after their commit."""
        labels = {"service": "test", "channel": channel, "outcome": outcome}
        for _ in range(500):
            counted = self.registry.get_sample_value("tanggap_messages_attempts_total", labels)
            if counted == number:
                return True
            await asyncio.sleep(0.01)
        return False
