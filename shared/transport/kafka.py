"""Apache Kafka as the bus: raw aiokafka, its sharp edges filed off in the `kafka` modules alone.

A send that does not come back is given up, its producer closed and replaced; the inboxes remove
what was sent twice.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.transport.kafka_closing import abort, stop_in_time
from shared.transport.kafka_subscription import KafkaSubscription
from shared.transport.message import Message
from shared.transport.port import BatchHandler

# A relay's batch is one Kafka batch per partition with this, and eight with aiokafka's 16 KiB.
_BATCH_BYTES = 128 * 1024


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
                await stop_in_time(producer)

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
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> KafkaSubscription:
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

        subscription = KafkaSubscription(
            make_consumer,
            group,
            topics,
            handle,
            self._hung_after,
            gather_seconds=gather_seconds,
            full_poll=self._batch_size,
        )
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
                    await stop_in_time(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _drop_producer(self, producer: AIOKafkaProducer) -> None:
        """Throw a producer away: after a sequence error or a lost broker it may be of no use."""
        async with self._producing:
            if self._producer is producer:
                self._producer = None
                await abort(producer)


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
