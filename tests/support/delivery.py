"""A publisher and consumers without a service around them: the machinery alone, on Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from shared.clock import ManualClock
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn, FeedbackGiven
from shared.contracts.sla import ClockPaused
from shared.database import Database
from shared.delivery_schema import create_delivery_tables
from shared.idempotency import create_idempotency_table
from shared.ids import ClockId, ComplaintId
from shared.inbox import Handler, Inbox
from shared.relay import Relay
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import BatchHandler, Subscription
from shared.unit_of_work import UnitsOfWork

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


_TABLES = (
    "outbox, outbox_stream, inbox, inbox_stream, parked, dead_letter, idempotency, effect, owner"
)


async def empty_delivery_database(url: str) -> Database:
    """Return a database with the tables of delivery, and some for effects to be counted in.

    Tables that are there are emptied: a tenth of what a database of its own takes per test.
    """
    database = Database(url)
    async with database.transaction() as connection:
        found = await connection.execute(text("SELECT to_regclass('effect')"))
        if found.scalar_one() is None:
            await connection.run_sync(_create_tables)
        else:
            await connection.execute(text(f"TRUNCATE {_TABLES} RESTART IDENTITY"))
    return database


def _create_tables(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        create_delivery_tables()
        create_idempotency_table()
    connection.execute(
        text("CREATE TABLE effect (seq serial PRIMARY KEY, complaint text, what text)")
    )
    connection.execute(text("CREATE TABLE owner (complaint text PRIMARY KEY, n int)"))


def new_complaint() -> ComplaintId:
    """Return the id of a complaint that no other test knows."""
    return ComplaintId(str(uuid4()))


def withdrawn(complaint: ComplaintId, reason: str = "selesai sendiri") -> ComplaintWithdrawn:
    """Build an event of intake."""
    return ComplaintWithdrawn(complaint_id=complaint, occurred_at=NOW, reason=reason)


def feedback(complaint: ComplaintId, text: str = "baik") -> FeedbackGiven:
    """Build another event of intake."""
    return FeedbackGiven(complaint_id=complaint, occurred_at=NOW, satisfied=True, text=text)


def paused(complaint: ComplaintId, reason: str = "menunggu") -> ClockPaused:
    """Build an event of sla."""
    return ClockPaused(
        complaint_id=complaint, occurred_at=NOW, clock_id=ClockId("clock"), reason=reason
    )


@dataclass
class Wire:
    """A transport that keeps what is published, for tests that hand it over themselves.

    It stands where a test decides what arrives, how often and in which order; the real buses have
    their own suite.
    """

    sent: list[Message] = field(default_factory=list)
    failures: int = 0
    attempts: int = 0

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Keep the messages, or fail as often as was asked for."""
        self.attempts += 1
        if self.failures:
            self.failures -= 1
            # Part of it went out: nobody can know.
            self.sent.extend(messages[: len(messages) // 2])
            raise ConnectionError("the wire is down")
        self.sent.extend(messages)

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> Subscription:
        """Refuse: tests hand over themselves."""
        raise NotImplementedError

    def received(self) -> list[ReceivedMessage]:
        """Return what was published as a consumer would get it."""
        return [as_received(message, offset) for offset, message in enumerate(self.sent)]


def as_received(message: Message, offset: int = 0) -> ReceivedMessage:
    """Place a message on the wire."""
    return ReceivedMessage(message.topic, message.key, message.value, message.headers, 0, offset)


def changed(message: ReceivedMessage, **headers: str) -> ReceivedMessage:
    """Return the message with other headers."""
    return replace(message, headers={**message.headers, **headers})


@dataclass
class Publisher:
    """A service's sending half."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    wire: Wire = field(default_factory=Wire)

    def __post_init__(self) -> None:
        """Build units and relay."""
        self.units = UnitsOfWork(self.database, self.clock)
        self.relay = self.new_relay()

    def new_relay(self, **options: Any) -> Relay:
        """Build another relay on the same outbox."""
        return Relay(self.database, self.wire, self.clock, poll_seconds=0.02, **options)

    async def publish(self, *events: Event) -> list[ReceivedMessage]:
        """Publish events in one transaction and return them as received."""
        async with self.units.begin() as unit:
            unit.publish(*events)
        before = len(self.wire.sent)
        await self.relay.publish_once()
        return self.wire.received()[before:]


@dataclass
class Consumer:
    """A service's receiving half: each event's effect is a row, so that doubles can be counted."""

    database: Database
    name: str = "consumer"
    poison: set[str] = field(default_factory=set)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    outcomes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Build units and inbox."""
        self.units = UnitsOfWork(self.database, self.clock)
        self.handlers: dict[type[Event], Handler] = {
            ComplaintWithdrawn: self._note,
            FeedbackGiven: self._note,
            ClockPaused: self._note,
        }
        self.inbox = Inbox(self.units, self.name, self.handlers, self._observe)

    async def effects(self, complaint: ComplaintId | None = None) -> list[str]:
        """Return what took effect, in order."""
        found = await self.rows("SELECT complaint, what FROM effect ORDER BY seq")
        return [row["what"] for row in found if complaint in (None, row["complaint"])]

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the database."""
        async with self.database.transaction() as connection:
            found = await connection.execute(text(sql), values)
            return [dict(row) for row in found.mappings()]

    async def dead(self) -> list[dict[str, Any]]:
        """Return the dead letters."""
        return await self.rows("SELECT * FROM dead_letter ORDER BY since")

    async def parked(self) -> list[dict[str, Any]]:
        """Return the parked events."""
        return await self.rows("SELECT * FROM parked ORDER BY aggregate_version")

    def _observe(self, outcome: str, count: int) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count

    async def _note(self, unit: Any, event: Event) -> None:
        what = _what(event)
        await unit.connection.execute(
            text("INSERT INTO effect (complaint, what) VALUES (:complaint, :what)"),
            {"complaint": event.complaint_id, "what": what},
        )
        if what in self.poison:
            raise ValueError(f"cannot handle {what}")


def _what(event: Event) -> str:
    if isinstance(event, ComplaintWithdrawn | ClockPaused):
        return event.reason
    return getattr(event, "text", None) or type(event).__name__
