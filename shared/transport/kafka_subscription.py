"""Reading from Kafka: one consumer of one group, handed over by partition, tried until it works.

Never `wait_for(getmany())` (a cancelled fetch leaks and disables max_poll_interval); offsets are
committed explicitly after the effect; a subscription whose poll or handler hangs reports itself
dead, and the service then ends its process so that another takes its partitions.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from time import monotonic

import structlog
from aiokafka import (
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import IllegalStateError, KafkaError

from shared.transport.backoff import backoff_seconds
from shared.transport.kafka_closing import stop_in_time
from shared.transport.message import ReceivedMessage
from shared.transport.port import BatchHandler, SubscriptionHealth

log = structlog.get_logger(__name__)

_HANDLED_SECONDS = 10.0
_COMMIT_SECONDS = 10.0
# Between two commits: each costs broker and client as much as a small batch of events. What was
# handled and not committed when a process is killed is handed over again, and found in the inbox.
_BETWEEN_COMMITS = 0.2
# While a batch is in hand, its partition is left out of the poll: the poll is kept short so that
# the partition is asked again soon after.
_POLL_MS = 200
_POLL_BUSY_MS = 10


class KafkaSubscription:
    """One consumer of one group: polls, hands over by partition, commits after the effect.

    Each partition's batch is handled in a task of its own, which tries again with back-off; the
    polls go on meanwhile for all other partitions.
    """

    def __init__(
        self,
        make_consumer: Callable[[], AIOKafkaConsumer],
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        hung_after_seconds: float,
        *,
        gather_seconds: float,
        full_poll: int,
    ) -> None:
        """Nothing connects before `start`; `make_consumer` is called again after each loss.

        `gather_seconds` after a poll that brought messages the next ones gather at the broker, for
        a batch of many costs little more than one of few; not after one that brought so many as
        make it full, behind which there are more.
        """
        self._make_consumer = make_consumer
        self._group = group
        self._topics = topics
        self._handle = handle
        self._hung_after = hung_after_seconds
        self._gather = gather_seconds
        self._full_poll = full_poll
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._last_sign = monotonic()
        self._busy: dict[TopicPartition, asyncio.Task[None]] = {}
        self._trying_since: dict[TopicPartition, float] = {}
        self._resting: set[TopicPartition] = set()
        self._positions = _Positions()
        self._to_commit: dict[TopicPartition, int] = {}
        self._committing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect and begin to read, in a task of its own."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop after the batches in hand, and leave the group; both within a time limit."""
        self._stopping.set()
        for tasks in ([self._task] if self._task else [], list(self._busy.values())):
            if tasks:
                _, late = await asyncio.wait(tasks, timeout=_HANDLED_SECONDS)
                for task in late:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if self._committing is not None:
            await self._committing
        await self._drop_consumer()

    def health(self) -> SubscriptionHealth:
        """Tell the lag as the last polls saw it, and whether polls and handlers come back."""
        oldest_sign = min([self._last_sign, *self._trying_since.values()])
        running = self._task is not None and not self._task.done()
        return SubscriptionHealth(
            lag=self._lag(),
            paused=len(self._resting),
            alive=running and monotonic() - oldest_sign < self._hung_after,
        )

    def _lag(self) -> int:
        consumer = self._consumer
        if consumer is None:
            return 0
        return sum(
            max(0, (consumer.highwater(partition) or 0) - position)
            for partition, position in self._positions.items()
            if partition in consumer.assignment()
        )

    async def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._last_sign = monotonic()
            try:
                consumer = await self._connect()
                failures = 0
                while not self._stopping.is_set():
                    await self._poll(consumer)
            except (KafkaError, OSError) as error:
                failures += 1
                log.warning("consumer_lost", group=self._group, error=repr(error))
                await self._drop_consumer()
                await self._rest(backoff_seconds(failures))

    async def _connect(self) -> AIOKafkaConsumer:
        consumer = self._make_consumer()
        consumer.subscribe(self._topics, listener=self._positions)
        self._consumer = consumer
        await consumer.start()
        return consumer

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        self._last_sign = monotonic()
        self._collect_finished()
        free = [p for p in consumer.assignment() if p not in self._busy]
        if self._busy and not free:
            await asyncio.wait(
                self._busy.values(), timeout=0.2, return_when=asyncio.FIRST_COMPLETED
            )
            return
        try:
            batches = await consumer.getmany(
                *free, timeout_ms=_POLL_BUSY_MS if self._busy else _POLL_MS
            )
        except IllegalStateError:
            return  # A partition went elsewhere since it was counted among the free.
        for partition, records in batches.items():
            if records and partition not in self._busy:
                self._busy[partition] = asyncio.create_task(
                    self._handle_batch(consumer, partition, records)
                )
        if self._gather and 0 < sum(map(len, batches.values())) < self._full_poll:
            await self._rest(self._gather)

    def _collect_finished(self) -> None:
        for partition, task in list(self._busy.items()):
            if task.done():
                del self._busy[partition]
                task.result()

    async def _handle_batch(
        self,
        consumer: AIOKafkaConsumer,
        partition: TopicPartition,
        records: Sequence[ConsumerRecord[bytes, bytes]],
    ) -> None:
        self._positions.setdefault(partition, records[0].offset)
        messages = [_received(record) for record in records]
        failures = 0
        while not await self._try(partition, messages, failures + 1):
            failures += 1
            # Given up: another has the partition, or will, and begins at the offset committed.
            if self._stopping.is_set() or partition not in consumer.assignment():
                return
        after = records[-1].offset + 1
        if partition in consumer.assignment():
            self._positions[partition] = after
            self._commit_soon(partition, after)

    async def _try(
        self, partition: TopicPartition, messages: Sequence[ReceivedMessage], attempt: int
    ) -> bool:
        """Hand over once; after a failure, rest. Tells whether it went well."""
        self._trying_since[partition] = monotonic()
        try:
            await self._handle(messages)
        except Exception as error:  # noqa: BLE001 - handed over again, whatever it was
            del self._trying_since[partition]
            pause = backoff_seconds(attempt)
            log.warning(
                "batch_will_be_retried",
                group=self._group,
                partition=f"{partition.topic}/{partition.partition}",
                error=repr(error),
                pause=round(pause, 2),
            )
            self._resting.add(partition)
            await self._rest(pause)
            self._resting.discard(partition)
            return False
        finally:
            self._trying_since.pop(partition, None)
        return True

    def _commit_soon(self, partition: TopicPartition, after: int) -> None:
        """Commit an offset, together with those that come soon after another commit.

        The partition does not wait for it: what is handled again finds its effect in the inbox.
        """
        self._to_commit[partition] = after
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_all())

    async def _commit_all(self) -> None:
        while self._to_commit and (consumer := self._consumer) is not None:
            # One that went elsewhere meanwhile would have the others refused with it.
            mine = consumer.assignment()
            offsets = {p: offset for p, offset in self._to_commit.items() if p in mine}
            self._to_commit.clear()
            if not offsets:
                continue
            try:
                async with asyncio.timeout(_COMMIT_SECONDS):
                    await consumer.commit(offsets)
            except (KafkaError, TimeoutError) as error:
                # The broker is away, or another takes over: whoever has the partitions next finds
                # the effects in the inbox, and the next commits say more than this one.
                log.info("commit_refused", group=self._group, error=repr(error))
            await self._rest(_BETWEEN_COMMITS)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _drop_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._positions.clear()
        self._to_commit.clear()
        if consumer is not None:
            await stop_in_time(consumer)


class _Positions(dict[TopicPartition, int], ConsumerRebalanceListener):  # type: ignore[misc]
    """What each partition's next offset is, forgotten as soon as the partition is taken away."""

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        for partition in revoked:
            self.pop(partition, None)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        del assigned


def _received(record: "ConsumerRecord[bytes, bytes]") -> ReceivedMessage:
    return ReceivedMessage(
        topic=record.topic,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers={name: (text or b"").decode(errors="replace") for name, text in record.headers},
        partition=record.partition,
        offset=record.offset,
    )
