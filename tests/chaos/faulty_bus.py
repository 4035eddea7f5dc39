"""A bus that loses acknowledgements, and hands messages over late, twice and in disorder.

It stays within what a real bus may do: what was published is on its log, and every message is
handed over at least once.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

from shared.transport.in_process import InProcessTransport
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import BatchHandler, Subscription

# As many messages as a bus would still remember to hand over a second time.
_REMEMBERED = 400


class WireCut(ConnectionError):
    """The connection broke; what was on its way is uncertain."""


class FaultyBus:
    """An InProcessTransport with faults that are ordered one by one."""

    def __init__(self, bus: InProcessTransport, chance: random.Random) -> None:
        self._bus = bus
        self._chance = chance
        self._handlers: dict[str, BatchHandler] = {}
        self._seen: dict[str, list[ReceivedMessage]] = defaultdict(list)
        self.held: dict[str, list[ReceivedMessage]] = defaultdict(list)
        #: How many publications are lost before they arrive, and how many acknowledgements.
        self.lose_sends = 0
        self.lose_acknowledgements = 0
        #: Per group: how many batches are lost on the way, and how many come torn and shuffled.
        self.lose_batches: dict[str, int] = defaultdict(int)
        self.hold_batches: dict[str, int] = defaultdict(int)

    def heal(self) -> None:
        """Make no more faults; what is held back still has to be handed over."""
        self.lose_sends = self.lose_acknowledgements = 0
        self.lose_batches.clear()
        self.hold_batches.clear()

    async def start(self) -> None:
        """Open the log."""
        await self._bus.start()

    async def stop(self) -> None:
        """Close the log."""
        await self._bus.stop()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish; the messages, or the word that they arrived, may be lost."""
        if self.lose_sends:
            self.lose_sends -= 1
            raise WireCut("before the messages arrived")
        await self._bus.publish(messages)
        if self.lose_acknowledgements:
            self.lose_acknowledgements -= 1
            raise WireCut("before the acknowledgement arrived")

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> Subscription:
        """Hand over batches of one group, with the faults ordered for it."""
        self._handlers[group] = handle

        async def hand_over(messages: Sequence[ReceivedMessage]) -> None:
            if self.lose_batches[group]:
                self.lose_batches[group] -= 1
                raise WireCut("before the batch arrived")
            arriving = list(messages)
            if self.hold_batches[group]:
                self.hold_batches[group] -= 1
                self._chance.shuffle(arriving)
                kept = self._chance.randint(0, len(arriving))
                self.held[group] += arriving[:kept]
                arriving = arriving[kept:]
            self._seen[group] = (self._seen[group] + list(messages))[-_REMEMBERED:]
            if arriving:
                await handle(arriving)

        return await self._bus.subscribe(group, topics, hand_over, gather_seconds=gather_seconds)

    async def release(self, group: str) -> None:
        """Hand over what was held back, in disorder; it stays here until it has taken effect."""
        waiting = self.held[group]
        self._chance.shuffle(waiting)
        while waiting:
            handed = waiting[:5]
            await self._handlers[group](handed)
            del waiting[: len(handed)]

    async def hand_over_again(self, group: str, count: int) -> None:
        """Hand over messages of earlier batches once more, in disorder."""
        seen = self._seen[group]
        again = self._chance.sample(seen, min(count, len(seen)))
        if again:
            await self._handlers[group](again)

    def order(self, group: str, *, lose: int = 0, hold: int = 0) -> None:
        """Order faults for the next batches of a group."""
        self.lose_batches[group] += lose
        self.hold_batches[group] += hold
