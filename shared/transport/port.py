"""The port to the bus: what outbox and inbox ask of any wire."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.transport.message import Message, ReceivedMessage

BatchHandler = Callable[[Sequence[ReceivedMessage]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SubscriptionHealth:
    """How a subscription is doing, for readiness and gauges.

    `lag` counts messages not yet handled; `paused` partitions wait for a retry; `alive` is false
    when the subscription has stopped working for good and its process should end.
    """

    lag: int
    paused: int
    alive: bool


class Subscription(Protocol):
    """One consumer group's reading of some topics."""

    async def stop(self) -> None:
        """Stop reading; what was handled stays handled."""
        ...

    def health(self) -> SubscriptionHealth:
        """Tell how it goes, without asking the broker."""
        ...


class Transport(Protocol):
    """A durable, partitioned log with consumer groups, at least once, in order per key."""

    async def start(self) -> None:
        """Connect; may be called by each of several services that share the transport."""
        ...

    async def stop(self) -> None:
        """Disconnect when the last that started it stops it."""
        ...

    async def publish(self, messages: Sequence[Message]) -> None:
        """Put messages on the wire in this order; returns when all are on stable storage.

        Raises when that is not certain; some may be on the wire then, and will be sent again.
        """
        ...

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> Subscription:
        """Hand every message of these topics to `handle`, batch by batch of one partition.

        A batch is handed over again, after a back-off that grows, until `handle` returns; other
        partitions flow on meanwhile. `gather_seconds` are for a consumer that nobody waits for: so
        long after some messages the next ones gather, where that makes them cheaper.
        """
        ...
