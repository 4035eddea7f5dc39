"""The inbox: each event takes effect once, and in its publisher's order per complaint.

One polled batch is one transaction, or shares it with the batches that come while another one
commits; where it fails, its events are tried one by one, so that the one at fault becomes a dead
letter. What follows a dead or missing version is parked until the version before it has taken
effect; all other complaints flow on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import structlog
from opentelemetry.trace import SpanKind

from shared import delivery_queries as queries
from shared.contracts.envelope import UndecodableMessage
from shared.contracts.event import Event
from shared.correlation import correlated
from shared.database import is_transient
from shared.delivery_plan import (
    Delivery,
    Identity,
    Plan,
    Stream,
    as_delivery,
    claimed_identity,
    make_plan,
)
from shared.group_commit import GroupWriter
from shared.telemetry import span
from shared.transport.message import ReceivedMessage
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

Handler = Callable[[UnitOfWork, Any], Awaitable[None]]
Observer = Callable[[str, int], None]

_RACES = 3
# Batches that share a transaction, at most; each holds what one poll brought of a partition.
_LARGEST_GROUP = 16


class DeliveryRaced(Exception):
    """An event that seemed new was claimed before: by another instance, or under a used id."""


class Inbox:
    """Hands messages to the handlers of one consumer, each effect once."""

    def __init__(
        self,
        units: UnitsOfWork,
        consumer: str,
        handlers: Mapping[type[Event], Handler],
        observe: Observer = lambda outcome, count: None,
        *,
        writers: int = 2,
    ) -> None:
        """`observe(outcome, count)` hears of handled, stale, parked and dead events.

        So many `writers` have a connection each; what comes while all are at work gathers and
        shares the next transaction, which costs nearly the same for one event as for fifty.
        """
        self._units = units
        self._consumer = consumer
        self._handlers = handlers
        self._observe = observe
        self._together = GroupWriter(
            units, self._handle_together, writers=writers, largest_group=_LARGEST_GROUP
        )
        self._alone = asyncio.Semaphore(writers)

    async def handle(self, messages: Sequence[ReceivedMessage]) -> None:
        """Let each message take effect once.

        Returns when every message is handled, parked or dead, so that its offset may be
        committed. Raises only what may pass by itself (a database that is away).
        """
        deliveries = await self._decode(messages)
        if not deliveries:
            return
        try:
            await self._together.submit(deliveries)
        except Exception as error:
            if is_transient(error):
                raise
            log.info("batch_falls_back", consumer=self._consumer, size=len(deliveries))
            async with self._alone:
                for delivery in deliveries:
                    await self.handle_once(delivery)

    async def handle_once(self, delivery: Delivery) -> None:
        """Handle one delivery, and what it releases, each in a transaction of its own.

        Whatever fails for good becomes a dead letter, and what follows it is parked. Raises only
        what may pass by itself.
        """
        await self._advance(delivery.stream, delivery)

    async def release(self, stream: Stream) -> None:
        """Handle what was parked in a stream and need not wait any longer."""
        await self._advance(stream, None)

    async def _advance(self, stream: Stream, arrived: Delivery | None) -> None:
        more = True
        while more:
            more, stored = await self._step(stream, arrived)
            if stored:
                arrived = None

    async def _step(self, stream: Stream, arrived: Delivery | None) -> tuple[bool, bool]:
        """Let the next event of a stream take effect in a transaction of its own.

        Tells whether there may be a further one, and whether `arrived` needs no more care.
        """
        subject = arrived
        races = 0
        while True:
            try:
                async with self._units.begin() as unit:
                    plan = await self._plan(unit, [arrived] if arrived else [], {stream}, most=1)
                    subject = plan.ready[0] if plan.ready else arrived
                    await self._apply(unit, plan)
            except DeliveryRaced as error:
                # Once: another instance was faster, and its version is visible now. Again and
                # again: an id that some other event has had.
                races += 1
                if races >= _RACES and subject is not None:
                    await self._bury(subject, error)
                    return True, subject is arrived
            except Exception as error:
                if is_transient(error) or subject is None:
                    raise
                await self._bury(subject, error)
                return True, subject is arrived
            else:
                self._count(plan)
                return bool(plan.ready), True

    async def _handle_together(
        self, unit: UnitOfWork, batches: Sequence[Sequence[Delivery]]
    ) -> Sequence[None]:
        deliveries = [delivery for batch in batches for delivery in batch]
        plan = await self._plan(unit, deliveries, {d.stream for d in deliveries})
        await self._apply(unit, plan)
        unit.after_commit(lambda: self._count(plan))
        return [None] * len(batches)

    async def _plan(
        self,
        unit: UnitOfWork,
        deliveries: Sequence[Delivery],
        streams: Collection[Stream],
        most: int | None = None,
    ) -> Plan:
        versions = await queries.lock_stream_versions(unit.connection, self._consumer, streams)
        waiting = await queries.list_parked(unit.connection, self._consumer, streams)
        return make_plan(deliveries, self._readable(waiting), versions, most)

    def _readable(self, waiting: Sequence[ReceivedMessage]) -> list[Delivery]:
        readable = []
        for message in waiting:
            try:
                readable.append(as_delivery(message))
            except UndecodableMessage as error:
                # Newer code parked it; it stays until that code is back.
                log.warning("parked_event_unreadable", consumer=self._consumer, error=str(error))
        return readable

    async def _apply(self, unit: UnitOfWork, plan: Plan) -> None:
        connection = unit.connection
        ids = [delivery.event_id for delivery in plan.ready]
        claimed = await queries.claim_events(connection, self._consumer, ids, plan.versions)
        if claimed != len(ids):
            raise DeliveryRaced("an event was claimed before")
        for delivery in plan.ready:
            await self._effect(unit, delivery)
        expired = [delivery.event_id for delivery in plan.expired]
        await queries.delete_held(connection, "parked", self._consumer, expired)
        for delivery in plan.to_park:
            row = queries.held_row(
                self._consumer, delivery.message, "waits for an earlier version", delivery.identity
            )
            await queries.insert_held(connection, "parked", row)
            # Nor is it a dead letter any more, where an operator had it tried again.
            await queries.delete_held(
                connection, "dead_letter", self._consumer, [delivery.event_id]
            )

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

    def _count(self, plan: Plan) -> None:
        self._observe("handled", len(plan.ready))
        self._observe("stale", plan.stale)
        self._observe("parked", len(plan.to_park))
        if plan.to_park:
            log.warning("events_parked", consumer=self._consumer, count=len(plan.to_park))

    async def _decode(self, messages: Sequence[ReceivedMessage]) -> list[Delivery]:
        deliveries = []
        for message in messages:
            try:
                deliveries.append(as_delivery(message))
            except UndecodableMessage as error:
                log.warning(
                    "undecodable_message",
                    consumer=self._consumer,
                    topic=message.topic,
                    error=error.reason,
                )
                await self._keep_dead(message, error.reason, claimed_identity(message))
        return deliveries

    async def _bury(self, delivery: Delivery, error: Exception) -> None:
        log.error(
            "event_failed",
            consumer=self._consumer,
            event_id=delivery.event_id,
            event_type=type(delivery.envelope.event).__name__,
            exc_info=error,
        )
        await self._keep_dead(delivery.message, repr(error), delivery.identity)

    async def _keep_dead(self, message: ReceivedMessage, reason: str, identity: Identity) -> None:
        row = queries.held_row(self._consumer, message, reason, identity)
        async with self._units.begin() as unit:
            connection = unit.connection
            await queries.delete_held(connection, "parked", self._consumer, [identity.event_id])
            new = await queries.insert_held(connection, "dead_letter", row)
        if new:
            self._observe("dead", 1)
