"""Apache Kafka as the bus: raw aiokafka, with its sharp edges filed off in this module alone.

Never `wait_for(getmany())` (a cancelled fetch leaks and disables max_poll_interval); a send that
does not come back is given up, its producer closed and replaced; offsets are committed explicitly
after the effect; a watchdog reports a subscription whose poll or handler hangs as dead, and the
service then ends its process so that another takes its partitions.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared.transport.backoff import backoff_seconds
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import BatchHandler, SubscriptionHealth

log = structlog.get_logger(__name__)

_STOP_SECONDS = 5


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

    async def start(self) -> None:
        """Do nothing yet: the producer connects with the first message, and again when it must."""

    async def stop(self) -> None:
        """Close the producer, within a time limit."""
        async with self._producing:
            await self._drop_producer()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send all, then wait for all acknowledgements; raises when any is not certain."""
        producer = await self._ready_producer()
        try:
            async with asyncio.timeout(self._send_timeout):
                waiting = [
                    await producer.send(
                        m.topic,
                        key=m.key.encode(),
                        value=m.value,
                        headers=[(name, text.encode()) for name, text in m.headers.items()],
                    )
                    for m in messages
                ]
                await asyncio.gather(*waiting)
        except BaseException:
            # With idempotence a sequence error or a lost broker leaves the producer useless.
            async with self._producing:
                if self._producer is producer:
                    await self._drop_producer()
            raise

    async def subscribe(
        self, group: str, topics: Sequence[str], handle: BatchHandler
    ) -> "KafkaSubscription":
        """Join the group and hand over messages until stopped."""

        def make_consumer() -> AIOKafkaConsumer:
            return AIOKafkaConsumer(
                *topics,
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                group_id=group,
                group_instance_id=f"{group}-{self._instance_id}" if self._instance_id else None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=self._batch_size,
                session_timeout_ms=30_000,
                heartbeat_interval_ms=3_000,
                max_poll_interval_ms=300_000,
                metadata_max_age_ms=30_000,
            )

        subscription = KafkaSubscription(make_consumer, group, handle, self._hung_after)
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
                    request_timeout_ms=10_000,
                    compression_type="lz4",
                )
                try:
                    async with asyncio.timeout(self._send_timeout):
                        await producer.start()
                except BaseException:
                    await _stop_quietly(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop_quietly(producer)


class KafkaSubscription:
    """One consumer of one group: polls, hands over by partition, commits after the effect."""

    def __init__(
        self,
        make_consumer: Callable[[], AIOKafkaConsumer],
        group: str,
        handle: BatchHandler,
        hung_after_seconds: float,
    ) -> None:
        """Nothing connects before `start`; `make_consumer` is called again after each loss."""
        self._make_consumer = make_consumer
        self._group = group
        self._handle = handle
        self._hung_after = hung_after_seconds
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._last_sign = monotonic()
        self._handled: dict[TopicPartition, int] = {}
        self._failures: dict[TopicPartition, int] = defaultdict(int)
        self._resume_at: dict[TopicPartition, float] = {}

    def start(self) -> None:
        """Connect and begin to read, in a task of its own."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop after the batch in hand, and leave the group; both within a time limit."""
        self._stopping = True
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=10)
            for task in late:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._drop_consumer()

    def health(self) -> SubscriptionHealth:
        """Tell the lag as the last polls saw it, and whether polls and handlers come back."""
        silent = monotonic() - self._last_sign
        running = self._task is not None and not self._task.done()
        return SubscriptionHealth(
            lag=self._lag(),
            paused=len(self._resume_at),
            alive=running and silent < self._hung_after,
        )

    def _lag(self) -> int:
        if self._consumer is None:
            return 0
        ends = {p: self._consumer.highwater(p) for p in self._consumer.assignment()}
        return sum(
            max(0, end - self._handled[p]) for p, end in ends.items() if end and p in self._handled
        )

    async def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._last_sign = monotonic()
            try:
                await self._connect()
                failures = 0
                while not self._stopping:
                    await self._poll()
            except (KafkaError, IllegalStateError, OSError) as error:
                failures += 1
                log.warning("consumer_lost", group=self._group, error=repr(error))
                await self._drop_consumer()
                await asyncio.sleep(backoff_seconds(failures))

    async def _connect(self) -> None:
        self._handled.clear()
        self._failures.clear()
        self._resume_at.clear()
        self._consumer = self._make_consumer()
        await self._consumer.start()

    async def _poll(self) -> None:
        consumer = self._consumer
        if consumer is None:
            raise IllegalStateError("not connected")
        self._last_sign = monotonic()
        self._resume_rested(consumer)
        batches = await consumer.getmany(timeout_ms=200)
        await asyncio.gather(
            *(self._handle_batch(consumer, p, records) for p, records in batches.items() if records)
        )

    async def _handle_batch(
        self,
        consumer: AIOKafkaConsumer,
        partition: TopicPartition,
        records: Sequence[ConsumerRecord[bytes, bytes]],
    ) -> None:
        try:
            await self._handle([_received(record) for record in records])
        except Exception as error:  # noqa: BLE001 - handed over again, whatever it was
            self._pause(consumer, partition, records[0].offset, error)
            return
        self._failures.pop(partition, None)
        after = records[-1].offset + 1
        self._handled[partition] = after
        try:
            await consumer.commit({partition: after})
        except (CommitFailedError, IllegalStateError) as error:
            # The partition went elsewhere meanwhile; whoever has it finds the effect in the inbox.
            log.info("commit_refused", group=self._group, error=repr(error))

    def _pause(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int, error: Exception
    ) -> None:
        self._failures[partition] += 1
        pause = backoff_seconds(self._failures[partition])
        log.warning(
            "batch_will_be_retried",
            group=self._group,
            partition=f"{partition.topic}/{partition.partition}",
            error=repr(error),
            pause=round(pause, 2),
        )
        if partition in consumer.assignment():
            consumer.seek(partition, offset)
            consumer.pause(partition)
            self._resume_at[partition] = monotonic() + pause

    def _resume_rested(self, consumer: AIOKafkaConsumer) -> None:
        for partition, at in list(self._resume_at.items()):
            if partition not in consumer.assignment():
                del self._resume_at[partition]
            elif at <= monotonic():
                del self._resume_at[partition]
                consumer.resume(partition)

    async def _drop_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await _stop_quietly(consumer)


def _received(record: "ConsumerRecord[bytes, bytes]") -> ReceivedMessage:
    return ReceivedMessage(
        topic=record.topic,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers={name: (text or b"").decode(errors="replace") for name, text in record.headers},
        partition=record.partition,
        offset=record.offset,
    )


async def _stop_quietly(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop a client that may hang while its broker is away (aiokafka#1101)."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await client.stop()
    except Exception as error:  # noqa: BLE001 - it is being thrown away
        log.info("client_did_not_stop", error=repr(error))
