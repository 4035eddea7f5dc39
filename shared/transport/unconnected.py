"""A transport to nowhere: for building an app, or its handlers, apart from any bus."""

from collections.abc import Sequence

from shared.transport.message import Message
from shared.transport.port import BatchHandler, SubscriptionHealth


class UnconnectedTransport:
    """Starts, subscribes and stops; refuses to carry anything, so that the outbox keeps it."""

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Refuse."""
        raise RuntimeError("This transport leads nowhere.")

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> "SilentSubscription":
        """Subscribe to silence."""
        del group, topics, handle, gather_seconds
        return SilentSubscription()


class SilentSubscription:
    """A subscription to which nothing ever comes."""

    async def stop(self) -> None:
        """Do nothing."""

    def health(self) -> SubscriptionHealth:
        """Tell that all is well: there is nothing to do."""
        return SubscriptionHealth(lag=0, paused=0, alive=True)
