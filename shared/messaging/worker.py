"""Sends what is queued for one channel; any number of replicas may run at once.

A channel has a worker of its own, so that a platform that hangs holds up no other.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import is_transient
from shared.messaging import queue
from shared.messaging.metrics import MessagingMetrics
from shared.messaging.port import OutgoingMessage, Refused, Sender, TryLater, Unsure
from shared.messaging.queue import Queued
from shared.messaging.settings import MessagingSettings
from shared.transport.backoff import backoff_seconds
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 3600.0
_SHORTEST_SLEEP_SECONDS: Final = 0.02
_DRAINING_SECONDS: Final = 8.0
_MOST_FAILURES: Final = 5


class Dropped(Exception):
    """Nobody is to get this message any more; says why, without naming them."""


class Resolve(Protocol):
    """How a service makes of a queued row what is sent: whom it goes to, and the words."""

    async def __call__(self, connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        """Return the message; raises Dropped."""
        ...


@dataclass(frozen=True, slots=True)
class _End:
    """How an attempt ended."""

    state: queue.State
    outcome: str
    reason: str | None = None
    platform_id: str | None = None
    after_seconds: float | None = None


class MessageWorker:
    """Claims, sends and settles the messages of one channel."""

    def __init__(
        self,
        channel: str,
        sender: Sender,
        units: UnitsOfWork,
        resolve: Resolve,
        metrics: MessagingMetrics,
        settings: MessagingSettings,
    ) -> None:
        """`resolve` is given a connection in a transaction of its own."""
        self.channel = channel
        self._sender = sender
        self._units = units
        self._resolve = resolve
        self._metrics = metrics
        self._settings = settings
        self._nudged = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._paused: dict[str, datetime] = {}

    def nudge(self) -> None:
        """Look at the queue at once: something was put into it."""
        self._nudged.set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then is given a little time to end."""
        failures = 0
        try:
            while True:
                try:
                    await self._round()
                    failures = 0
                except Exception as error:  # noqa: BLE001 - what is queued stays queued
                    failures += 1
                    log.warning(
                        "sending_interrupted", channel=self.channel, error=repr(error)[:200]
                    )
                    await asyncio.sleep(backoff_seconds(failures))
        finally:
            await self._drain()
            await self._sender.close()

    async def _drain(self) -> None:
        """Let what is under way end; what takes too long is for the lease to judge."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=_DRAINING_SECONDS)
        for task in late:
            task.cancel()

    async def _round(self) -> None:
        """Begin to send as much as may be under way at once, then wait for a reason to go on."""
        self._nudged.clear()
        free = self._settings.at_once - len(self._under_way)
        claimed = await self._claim(free) if free > 0 else []
        for message in claimed:
            task = asyncio.create_task(self._attempt(message))
            self._under_way.add(task)
            task.add_done_callback(self._attempt_ended)
        if len(claimed) < free or free <= 0:
            seconds = await self._seconds_to_wait()
            # Not `wait_for`: on 3.11 it swallows a cancellation that comes with the nudge.
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._nudged.wait()

    async def _claim(self, limit: int) -> list[Queued]:
        async with self._units.begin() as unit:
            unsure = await queue.rescue(
                unit.connection,
                self.channel,
                repeatable=self._sender.repeatable,
                lease_seconds=self._settings.lease_seconds,
            )
            self._paused = {a: until for a, until in self._paused.items() if until > unit.now}
            claimed = await queue.claim(
                unit.connection, self.channel, unit.now, limit, self._paused
            )
        if unsure:
            self._metrics.count(self.channel, "unsure", unsure)
        return claimed

    async def _seconds_to_wait(self) -> float:
        now = self._units.clock.now()
        async with self._units.database.transaction() as connection:
            due_at = await queue.next_due(connection, self.channel, now)
        longest = self._settings.poll_seconds
        if due_at is None:
            return longest
        return min(max((due_at - now).total_seconds(), _SHORTEST_SLEEP_SECONDS), longest)

    def _attempt_ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its row stays as it is until the lease ends.
            log.error("attempt_failed", channel=self.channel, exc_info=error)
        # The next of its lane may go now.
        self._nudged.set()

    async def _attempt(self, message: Queued) -> None:
        end = await self._send(message)
        now = self._units.clock.now()
        due_at = None
        if end.after_seconds is not None:
            due_at = now + timedelta(seconds=end.after_seconds)
        await self._settle(message, end, due_at)
        self._metrics.count(self.channel, end.outcome)
        if end.state in {"dead", "unsure"}:
            log.warning(
                "message_held",
                channel=self.channel,
                state=end.state,
                message_id=message.message_id,
                reason=end.reason,
            )

    async def _settle(self, message: Queued, end: _End, due_at: datetime | None) -> None:
        """Note how it ended, and keep trying: else nobody would know whether it was sent."""
        failures = 0
        while True:
            try:
                async with self._units.begin() as unit:
                    await queue.settle(
                        unit.connection,
                        message,
                        end.state,
                        unit.now,
                        due_at=due_at,
                        platform_id=end.platform_id,
                        reason=end.reason,
                    )
            except Exception as error:
                failures += 1
                if not is_transient(error) and failures >= _MOST_FAILURES:
                    raise
                log.warning("sending_not_noted", channel=self.channel, error=repr(error)[:200])
                await asyncio.sleep(backoff_seconds(failures))
            else:
                return

    async def _send(self, message: Queued) -> _End:
        """Find out whom it goes to, and send it; whatever goes wrong has its end."""
        try:
            async with self._units.database.transaction() as connection:
                outgoing = await self._resolve(connection, message)
        except Dropped as dropped:
            return _End("dropped", "dropped", str(dropped))
        except Exception as error:
            # Nothing has left yet, so that another attempt cannot double anything.
            if not is_transient(error):
                log.exception("message_not_resolved", message_id=message.message_id)
            return self._later(message, f"not resolved: {type(error).__name__}")
        return await self._hand_over(message, outgoing)

    async def _hand_over(self, message: Queued, outgoing: OutgoingMessage) -> _End:
        try:
            sent = await self._sender.send(outgoing)
        except Refused as refused:
            return _End("dead", "dead", str(refused))
        except TryLater as later:
            return self._later(message, str(later), later.retry_after)
        except Unsure as unsure:
            return self._unsure(message, str(unsure))
        except Exception as error:
            # A mistake of ours, at a moment that nobody knows.
            log.exception("sender_failed", channel=self.channel)
            return self._unsure(message, type(error).__name__)
        return _End("sent", "sent", platform_id=sent.platform_id)

    def _later(self, message: Queued, reason: str, retry_after: float | None = None) -> _End:
        if message.attempts >= self._settings.tries:
            return _End("dead", "dead", reason)
        pause = pause_seconds(message.attempts)
        if retry_after is not None:
            pause = max(pause, retry_after)
            # The platform means the account, not this one message.
            until = self._units.clock.now() + timedelta(seconds=retry_after)
            self._paused[message.account] = until
        return _End("queued", "later", reason, after_seconds=pause)

    def _unsure(self, message: Queued, reason: str) -> _End:
        if self._sender.repeatable:
            return self._later(message, reason)
        return _End("unsure", "unsure", reason)


def pause_seconds(attempts: int) -> float:
    """Return the pause after so many attempts: doubling from 5 s, an hour at most, with jitter."""
    full = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (attempts - 1))
    return full * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not secrecy
