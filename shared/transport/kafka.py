"""Apache Kafka as the bus: raw aiokafka, with its sharp edges filed off in this module alone.

Never `wait_for(getmany())` (a cancelled fetch leaks and disables max_poll_interval); a send that
does not come back is given up, its producer closed and replaced; offsets are committed explicitly
after the effect; a subscription whose poll or handler hangs reports itself dead, and the service
then ends its process so that another takes its partitions.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import lru_cache
from time import monotonic

import structlog
from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.transport.backoff import backoff_seconds
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import BatchHandler, SubscriptionHealth

log = structlog.get_logger(__name__)

# A relay's batch is one Kafka batch per partition with this, and eight with aiokafka's 16 KiB.
_BATCH_BYTES = 128 * 1024
_STOP_SECONDS = 5.0
_HANDLED_SECONDS = 10.0
_COMMIT_SECONDS = 10.0
# While a batch is in hand, its partition is left out of the poll: the poll is kept short so that
# the partition is asked again soon after.
_POLL_MS = 200
_POLL_BUSY_MS = 10


class KafkaTransport:
    """A Transport on a Kafka cluster."""

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str,
        batch_size: int = 200,
        send_timeout_seconds: float = 15,
        hung_after_seconds: float = 120,
        instance_id: str | None = None,
    ) -> None:
        """`instance_id` makes group membership static, for replicas with stable names."""
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._batch_size = batch_size
        self._send_timeout = send_timeout_seconds
        self._hung_after = hung_after_seconds
        self._instance_id = instance_id
        self._producer: AIOKafkaProducer | None = None
        self._producing = asyncio.Lock()
        # Who publishes first is in the queue first: else a later event of a complaint could
        # overtake an earlier one that waits for room.
        self._enqueuing = asyncio.Lock()

    async def start(self) -> None:
        """Do nothing yet: the producer connects with the first message, and again when it must."""

    async def stop(self) -> None:
        """Close the producer, within a time limit; one that shares it connects again at need."""
        async with self._producing:
            producer, self._producer = self._producer, None
            if producer is not None:
                await _stop_in_time(producer)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send all, then wait for all acknowledgements; raises when any is not certain."""
        if not messages:
            return
        producer = await self._ready_producer()
        try:
            async with asyncio.timeout(self._send_timeout):
                async with self._enqueuing:
                    waiting = await _enqueue(producer, messages)
                results = await asyncio.gather(*waiting, return_exceptions=True)
        except BaseException:
            await self._drop_producer(producer)
            raise
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            await self._drop_producer(producer)
            raise failures[0]

    async def subscribe(
        self, group: str, topics: Sequence[str], handle: BatchHandler
    ) -> "KafkaSubscription":
        """Join the group and hand over messages until stopped."""

        def make_consumer() -> AIOKafkaConsumer:
            return AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                group_id=group,
                group_instance_id=f"{group}-{self._instance_id}" if self._instance_id else None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=self._batch_size,
                # A fetch under way leaves out the partitions whose messages wait to be handled;
                # what comes for them waits until it returns. With 500 ms, the default, one event
                # in a hundred took 180 ms at 20/s; with 50 ms, 15 ms.
                fetch_max_wait_ms=50,
                session_timeout_ms=30_000,
                heartbeat_interval_ms=3_000,
                max_poll_interval_ms=300_000,
                metadata_max_age_ms=30_000,
            )

        subscription = KafkaSubscription(make_consumer, group, topics, handle, self._hung_after)
        subscription.start()
        return subscription

    async def _ready_producer(self) -> AIOKafkaProducer:
        async with self._producing:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    max_batch_size=_BATCH_BYTES,
                    request_timeout_ms=10_000,
                    compression_type="lz4",
                )
                try:
                    async with asyncio.timeout(self._send_timeout):
                        await producer.start()
                except BaseException:
                    await _stop_in_time(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _drop_producer(self, producer: AIOKafkaProducer) -> None:
        """Throw a producer away: after a sequence error or a lost broker it may be of no use."""
        async with self._producing:
            if self._producer is producer:
                self._producer = None
                await _abort(producer)


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
    ) -> None:
        """Nothing connects before `start`; `make_consumer` is called again after each loss."""
        self._make_consumer = make_consumer
        self._group = group
        self._topics = topics
        self._handle = handle
        self._hung_after = hung_after_seconds
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._last_sign = monotonic()
        self._busy: dict[TopicPartition, asyncio.Task[None]] = {}
        self._trying_since: dict[TopicPartition, float] = {}
        self._resting: set[TopicPartition] = set()
        self._positions = _Positions()

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
        await self._commit(consumer, partition, after)

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

    async def _commit(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, after: int
    ) -> None:
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await consumer.commit({partition: after})
        except (KafkaError, TimeoutError) as error:
            # The broker is away, or the partition went elsewhere meanwhile: whoever has it next
            # finds the effect in the inbox, and the next commit says more than this one.
            log.info("commit_refused", group=self._group, error=repr(error))

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _drop_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._positions.clear()
        if consumer is not None:
            await _stop_in_time(consumer)


class _Positions(dict[TopicPartition, int], ConsumerRebalanceListener):  # type: ignore[misc]
    """What each partition's next offset is, forgotten as soon as the partition is taken away."""

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        for partition in revoked:
            self.pop(partition, None)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        del assigned


async def _enqueue(
    producer: AIOKafkaProducer, messages: Sequence[Message]
) -> list[asyncio.Future[object]]:
    """Queue messages, batch by batch of one partition; returns what resolves as each is stored.

    A batch costs one future and one waiter where `send` costs one per message: half of all that
    publishing costs. Partitions are chosen as aiokafka itself chooses them.
    """
    by_partition: dict[tuple[str, int], list[Message]] = defaultdict(list)
    partitions: dict[str, list[int]] = {}
    for message in messages:
        topic = message.topic
        if topic not in partitions:
            partitions[topic] = sorted(await producer.partitions_for(topic))
        number = partitions[topic][_key_hash(message.key) % len(partitions[topic])]
        by_partition[topic, number].append(message)

    waiting: list[asyncio.Future[object]] = []

    async def send(batch: BatchBuilder, topic: str, number: int) -> None:
        stored = await producer.send_batch(batch, topic, partition=number)
        # Where a later batch finds no room, nobody waits for this one any more.
        stored.add_done_callback(_hear)
        waiting.append(stored)

    for (topic, number), together in by_partition.items():
        batch = producer.create_batch()
        for message in together:
            if not _append(batch, message):
                await send(batch, topic, number)
                batch = producer.create_batch()
                _append(batch, message)
        await send(batch, topic, number)
    return waiting


def _hear(stored: asyncio.Future[object]) -> None:
    """Take note of an error, which asyncio would else report as one that nobody heard of."""
    if not stored.cancelled():
        stored.exception()


@lru_cache(maxsize=16_384)
def _key_hash(key: str) -> int:
    # In pure Python it is the dearest part of a message, and a complaint's events come in clusters.
    return int(murmur2(key.encode())) & 0x7FFFFFFF


def _append(batch: BatchBuilder, message: Message) -> bool:
    """Add a message to a batch; False when it is full, which an empty one never is."""
    added = batch.append(
        timestamp=None,
        key=message.key.encode(),
        value=message.value,
        headers=[(name, text.encode()) for name, text in message.headers.items()],
    )
    return added is not None


def _received(record: "ConsumerRecord[bytes, bytes]") -> ReceivedMessage:
    return ReceivedMessage(
        topic=record.topic,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers={name: (text or b"").decode(errors="replace") for name, text in record.headers},
        partition=record.partition,
        offset=record.offset,
    )


async def _stop_in_time(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop a client in order; one that hangs while its broker is away is aborted."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await client.stop()
    except Exception as error:  # noqa: BLE001 - it is being thrown away
        log.info("client_did_not_stop", error=repr(error))
        await _abort(client)


async def _abort(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Let go of connections and tasks without flushing.

    `stop()` waits for a broker that is away, and where it is cancelled leaves its tasks running
    (aiokafka#1101): each would send its old messages once more when the broker is back.
    """
    client._closed = True  # noqa: SLF001 - aiokafka has no public way
    inner = client._sender if isinstance(client, AIOKafkaProducer) else client._fetcher  # noqa: SLF001
    connections = client.client if isinstance(client, AIOKafkaProducer) else client._client  # noqa: SLF001
    # Closed connections end what waits for an answer; the sender may open one more meanwhile.
    for part in (connections, inner, connections):
        if part is None:
            continue
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await part.close()
        except Exception as error:  # noqa: BLE001 - it is being thrown away
            log.info("client_did_not_abort", error=repr(error))
