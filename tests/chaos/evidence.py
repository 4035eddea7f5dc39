"""What the checker looks at: rows of the databases and messages of the topics, as plain values."""

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.topics import TOPICS, ServiceName


class Source(Protocol):
    """A database to read from."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction."""
        ...


#: The services that publish or consume.
DELIVERING: tuple[ServiceName, ...] = ("intake", "routing", "sla")

_UNPUBLISHED = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
_PUBLISHED_VERSIONS = text(
    """
    SELECT aggregateid, max(aggregate_version) FROM outbox
    WHERE topic = ANY (:topics) GROUP BY aggregateid
    """
)
_SEEN_VERSIONS = text(
    "SELECT aggregateid, version FROM inbox_stream WHERE consumer = :me AND publisher = :publisher"
)
_DUE = text("SELECT count(*) FROM clock WHERE next_fire_at <= :now")


@dataclass(frozen=True, slots=True)
class Sent:
    """An event on its way: a row of an outbox, or a message of a topic."""

    event_id: str
    topic: str
    complaint_id: str
    version: int
    time: datetime
    published: bool = True


@dataclass(slots=True)
class Delivery:
    """The delivery tables of one service; `inbox` counts its rows by event id."""

    outbox: list[Sent]
    versions: dict[str, int]
    inbox: Counter[str]
    parked: Counter[str]
    dead: Counter[str]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What intake holds of a complaint, and what its projection of the case shows."""

    complaint_id: str
    tracking_code: str
    status: str
    opd: str | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as routing has it."""

    complaint_id: str
    tracking_code: str
    state: str
    opd: str | None
    version: int
    title: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One step of a case's history."""

    version: int
    action: str
    from_state: str | None
    to_state: str
    opd: str | None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock as sla has it."""

    clock_id: str
    complaint_id: str
    part: int
    stage: str
    epoch: int
    state: str
    opd: str | None
    due_at: datetime
    outcome: str | None


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """What sla published of a clock."""

    type_name: str
    clock_id: str
    level: int | None
    due_at: datetime | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of a service's `/metrics`; labels are sorted by name."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


@dataclass(slots=True)
class Evidence:
    """Everything that was found; `wire` and `metrics` are None where they were not read.

    `counts_exact` says that the services run since their databases were made, so that what they
    counted must be what the databases hold. `latest` is the latest hour that the system's clock
    ever showed, where it was set back since.
    """

    now: datetime
    latest: datetime
    delivery: dict[ServiceName, Delivery] = field(default_factory=dict)
    wire: dict[str, list[Sent]] | None = None
    complaints: list[Complaint] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    cases: list[CaseRow] = field(default_factory=list)
    history: dict[str, list[Fact]] = field(default_factory=dict)
    clocks: list[ClockRow] = field(default_factory=list)
    clock_events: list[ClockEvent] = field(default_factory=list)
    metrics: dict[ServiceName, list[Sample]] | None = None
    counts_exact: bool = False


async def backlog(databases: Mapping[ServiceName, Source], now: datetime) -> dict[str, int]:
    """Return what is still under way, by kind: empty when the system is at rest.

    Counts events not published, versions not taken in by each consumer, and clocks that are due.
    """
    waiting: dict[str, int] = {}
    for name in DELIVERING:
        async with databases[name].transaction() as connection:
            waiting[f"{name} unpublished"] = (await connection.execute(_UNPUBLISHED)).scalar_one()
            if name == "sla":
                due = await connection.execute(_DUE, {"now": now})
                waiting["sla due clocks"] = due.scalar_one()
        for topic in TOPICS:
            if topic.publisher == name:
                for consumer in topic.consumers:
                    behind = await _behind(databases, name, consumer, [topic.name])
                    waiting[f"{consumer} behind {topic.name}"] = behind
    return {what: count for what, count in waiting.items() if count}


async def _behind(
    databases: Mapping[ServiceName, Source],
    publisher: ServiceName,
    consumer: ServiceName,
    topics: Collection[str],
) -> int:
    # The consumer is asked first: what is published meanwhile then counts as behind.
    async with databases[consumer].transaction() as connection:
        rows = await connection.execute(_SEEN_VERSIONS, {"me": consumer, "publisher": publisher})
        seen = {row.aggregateid: row.version for row in rows}
    async with databases[publisher].transaction() as connection:
        rows = await connection.execute(_PUBLISHED_VERSIONS, {"topics": list(topics)})
        return sum(max(0, last - seen.get(aggregate, 0)) for aggregate, last in rows)


async def read_delivery(database: Source, name: ServiceName) -> Delivery:
    """Read a service's outbox, inbox and what it holds back."""
    async with database.transaction() as connection:
        outbox = [
            Sent(str(r.id), r.topic, r.aggregateid, r.aggregate_version, r.time, r.published)
            for r in await connection.execute(
                text(
                    "SELECT id, topic, aggregateid, aggregate_version, time, "
                    "published_at IS NOT NULL AS published FROM outbox"
                )
            )
        ]
        versions = {
            r.aggregateid: r.version
            for r in await connection.execute(
                text("SELECT aggregateid, version FROM outbox_stream")
            )
        }
        claimed = {
            table: Counter(
                str(r.event_id)
                for r in await connection.execute(
                    text(f"SELECT event_id FROM {table} WHERE consumer = :me"),  # noqa: S608 - our own names
                    {"me": name},
                )
            )
            for table in ("inbox", "parked", "dead_letter")
        }
    return Delivery(outbox, versions, claimed["inbox"], claimed["parked"], claimed["dead_letter"])


async def rows_of(database: Source, sql: str, **values: Any) -> list[Any]:
    """Run one query and return its rows."""
    async with database.transaction() as connection:
        return list((await connection.execute(text(sql), values)).all())
