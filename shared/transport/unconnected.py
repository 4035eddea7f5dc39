"""A transport to nowhere: for building an app whose documents alone are wanted."""

from collections.abc import Sequence

from shared.transport.message import Message
from shared.transport.port import BatchHandler, Subscription


class UnconnectedTransport:
    """Starts and stops; refuses to carry anything."""

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Refuse."""
        raise RuntimeError("This transport leads nowhere.")

    async def subscribe(
        self, group: str, topics: Sequence[str], handle: BatchHandler
    ) -> Subscription:
        """Refuse."""
        raise RuntimeError("This transport leads nowhere.")
