"""The inbox: each event takes effect once, and in its publisher's order per complaint.

One polled batch is one transaction; where it fails, its events are tried one by one, so that the
one at fault becomes a dead letter. What follows a dead or missing version is parked until the
version before it has taken effect; all other complaints flow on.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog
from opentelemetry.trace import SpanKind

from shared import delivery_queries as queries
from shared.contracts.envelope import Envelope, UndecodableMessage, decode
from shared.contracts.event import Event
from shared.contracts.topics import topic_of
from shared.correlation import correlated
from shared.database import is_transient
from shared.telemetry import span
from shared.transport.message import ReceivedMessage
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

Handler = Callable[[UnitOfWork, Any], Awaitable[None]]
Observer = Callable[[str, int], None]


class DeliveryRaced(Exception):
    """Another instance took the same event at the same moment; the batch is tried again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and what it says."""

    message: ReceivedMessage
    envelope: Envelope
    publisher: str

    @property
    def stream(self) -> queries.Stream:
        """The publisher and complaint within which versions count."""
        return (self.publisher, self.envelope.event.complaint_id)


@dataclass(slots=True)
class _Plan:
    """What shall happen with the deliveries of one batch."""

    ready: list[Delivery] = field(default_factory=list)
    parked: list[Delivery] = field(default_factory=list)
    stale: int = 0
    versions: dict[queries.Stream, int] = field(default_factory=dict)


class Inbox:
    """Hands messages to the handlers of one consumer, each effect once."""

    def __init__(
        self,
        units: UnitsOfWork,
        consumer: str,
        handlers: Mapping[type[Event], Handler],
        observe: Observer = lambda outcome, count: None,
    ) -> None:
        """`observe(outcome, count)` hears of handled, stale, parked and dead events."""
        self._units = units
        self._consumer = consumer
        self._handlers = handlers
        self._observe = observe

    async def handle(self, messages: Sequence[ReceivedMessage]) -> None:
        """Let each message take effect once.

        Returns when every message is handled, parked or dead, so that its offset may be
        committed. Raises only what may pass by itself (a database that is away).
        """
        deliveries = await self._decode(messages)
        if not deliveries:
            return
        try:
            await self._handle_together(deliveries)
        except Exception as error:
            if is_transient(error):
                raise
            log.info("batch_falls_back", consumer=self._consumer, size=len(deliveries))
            for delivery in deliveries:
                await self.handle_once(delivery)

    async def handle_once(self, delivery: Delivery) -> bool:
        """Handle one delivery in a transaction of its own; tells whether it took effect or waits.

        A permanent failure makes it a dead letter and returns False.
        """
        try:
            await self._handle_together([delivery])
        except Exception as error:
            if is_transient(error) or isinstance(error, DeliveryRaced):
                raise
            log.exception(
                "event_failed",
                consumer=self._consumer,
                event_id=delivery.envelope.event_id,
                event_type=type(delivery.envelope.event).__name__,
            )
            await self._bury(delivery.message, delivery, repr(error))
            return False
        return True

    async def _decode(self, messages: Sequence[ReceivedMessage]) -> list[Delivery]:
        deliveries = []
        for message in messages:
            try:
                deliveries.append(as_delivery(message))
            except UndecodableMessage as error:
                log.warning("undecodable_message", consumer=self._consumer, topic=message.topic)
                await self._bury(message, None, str(error))
        return deliveries

    async def _bury(self, message: ReceivedMessage, delivery: Delivery | None, reason: str) -> None:
        row = queries.held_row(self._consumer, message, reason, *_identity(message, delivery))
        async with self._units.begin() as unit:
            await queries.insert_held(unit.connection, "dead_letter", [row])
        self._observe("dead", 1)

    async def _handle_together(self, deliveries: Sequence[Delivery]) -> None:
        async with self._units.begin() as unit:
            streams = {d.stream for d in deliveries}
            versions = await queries.lock_stream_versions(unit.connection, self._consumer, streams)
            waiting = await queries.list_parked(unit.connection, self._consumer, streams)
            plan = _plan(deliveries, versions, [as_delivery(m) for m in waiting])
            await self._claim(unit, plan.ready)
            for delivery in plan.ready:
                await self._effect(unit, delivery)
            await queries.set_stream_versions(unit.connection, self._consumer, plan.versions)
            await self._park(unit, plan, {m.headers.get("ce_id", "") for m in waiting})
        self._observe("handled", len(plan.ready))
        self._observe("stale", plan.stale)

    async def _claim(self, unit: UnitOfWork, ready: Sequence[Delivery]) -> None:
        ids = [d.envelope.event_id for d in ready]
        if await queries.insert_inbox(unit.connection, self._consumer, ids) != len(ids):
            raise DeliveryRaced

    async def _effect(self, unit: UnitOfWork, delivery: Delivery) -> None:
        envelope = delivery.envelope
        handler = self._handlers.get(type(envelope.event))
        if handler is None:
            return
        name = type(envelope.event).__name__
        with (
            correlated(envelope.correlation_id, envelope.event_id),
            span(f"{name} process", traceparent=envelope.traceparent, kind=SpanKind.CONSUMER),
        ):
            await handler(unit, envelope.event)

    async def _park(self, unit: UnitOfWork, plan: _Plan, already: set[str]) -> None:
        still = {d.envelope.event_id for d in plan.parked}
        await queries.delete_held(
            unit.connection, "parked", self._consumer, sorted(already - still)
        )
        rows = [
            queries.held_row(
                self._consumer,
                d.message,
                "waits for an earlier version",
                *_identity(d.message, d),
            )
            for d in plan.parked
            if d.envelope.event_id not in already
        ]
        await queries.insert_held(unit.connection, "parked", rows)
        if rows:
            log.warning("events_parked", consumer=self._consumer, count=len(rows))
            self._observe("parked", len(rows))


def as_delivery(message: ReceivedMessage) -> Delivery:
    """Decode a message; raises UndecodableMessage."""
    envelope = decode(message)
    topic = topic_of(type(envelope.event))
    if topic.name != message.topic:
        raise UndecodableMessage(f"{type(envelope.event).__name__} belongs on {topic.name}")
    return Delivery(message, envelope, topic.publisher)


def _identity(
    message: ReceivedMessage, delivery: Delivery | None
) -> tuple[str, str | None, str | None, int | None]:
    """Event id, publisher, complaint and version; garbage is known by its place on the wire."""
    if delivery is None:
        place = f"{message.topic}/{message.partition}/{message.offset}"
        return (str(uuid5(NAMESPACE_URL, place)), None, None, None)
    envelope = delivery.envelope
    return (envelope.event_id, *delivery.stream, envelope.aggregate_version)


def _plan(
    deliveries: Iterable[Delivery],
    versions: Mapping[queries.Stream, int],
    waiting: Iterable[Delivery],
) -> _Plan:
    """Sort deliveries into ready (in order), stale and parked, given the versions seen so far."""
    plan = _Plan()
    held: dict[queries.Stream, dict[int, Delivery]] = {}
    for delivery in waiting:
        held.setdefault(delivery.stream, {})[delivery.envelope.aggregate_version] = delivery

    for delivery in deliveries:
        stream, version = delivery.stream, delivery.envelope.aggregate_version
        seen = plan.versions.get(stream, versions.get(stream, 0))
        if version <= seen:
            plan.stale += 1
            continue
        if version > seen + 1:
            held.setdefault(stream, {}).setdefault(version, delivery)
            continue
        following: Delivery | None = delivery
        while following is not None:
            plan.ready.append(following)
            plan.versions[stream] = following.envelope.aggregate_version
            following = held.get(stream, {}).pop(plan.versions[stream] + 1, None)
    plan.parked = [
        delivery
        for stream, by_version in held.items()
        for version, delivery in by_version.items()
        if version > plan.versions.get(stream, versions.get(stream, 0))
    ]
    return plan
