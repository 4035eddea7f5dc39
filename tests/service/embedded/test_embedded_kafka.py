"""The embedded Apache Kafka: it carries records, and it survives what may befall it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from shared.embedded.kafka import EmbeddedKafka, EmbeddedKafkaError

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker(new_folder: Callable[[], Path]) -> Iterator[EmbeddedKafka]:
    with EmbeddedKafka(new_folder()) as running:
        yield running


async def make_topic(broker: EmbeddedKafka, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1)])
    finally:
        await admin.close()


async def produce(broker: EmbeddedKafka, topic: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True
    )
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"complaint")
    finally:
        await producer.stop()


async def read(broker: EmbeddedKafka, topic: str) -> list[bytes]:
    """All records of the topic's only partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        values: list[bytes] = []
        while await consumer.position(partition) < end:
            batches = await consumer.getmany(timeout_ms=500)
            values += [record.value for batch in batches.values() for record in batch]
        return values
    finally:
        await consumer.stop()


async def test_records_come_back_through_a_group_in_order(broker: EmbeddedKafka) -> None:
    await make_topic(broker, "grouped")
    await produce(broker, "grouped", b"1", b"2", b"3")
    consumer = AIOKafkaConsumer(
        "grouped",
        bootstrap_servers=broker.bootstrap,
        group_id="sla",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        assert [(await consumer.getone()).value for _ in range(3)] == [b"1", b"2", b"3"]
        await consumer.commit()
        assert await consumer.committed(TopicPartition("grouped", 0)) == 3
    finally:
        await consumer.stop()


async def test_nobody_makes_a_topic_by_writing_to_it(broker: EmbeddedKafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        (described,) = await admin.describe_topics(["mistyped"])
        assert described["error_code"] == UnknownTopicOrPartitionError.errno
        assert "mistyped" not in await admin.list_topics()
    finally:
        await admin.close()


async def test_records_survive_kill_and_orderly_restart(broker: EmbeddedKafka) -> None:
    await make_topic(broker, "survivor")
    await produce(broker, "survivor", b"before")
    bootstrap = broker.bootstrap
    broker.kill()
    assert broker.pid is None
    await asyncio.to_thread(broker.start)
    assert broker.bootstrap == bootstrap
    await produce(broker, "survivor", b"between")
    await asyncio.to_thread(broker.restart)
    assert broker.bootstrap == bootstrap
    assert await read(broker, "survivor") == [b"before", b"between"]


async def test_send_waits_for_a_frozen_broker_and_arrives_once(broker: EmbeddedKafka) -> None:
    await make_topic(broker, "frozen")
    broker.pause()
    try:
        sending = asyncio.create_task(produce(broker, "frozen", b"late"))
        await asyncio.sleep(1.0)
        assert not sending.done()
    finally:
        broker.resume()
    await asyncio.wait_for(sending, 30)
    assert await read(broker, "frozen") == [b"late"]


def test_second_start_uses_the_running_broker(broker: EmbeddedKafka) -> None:
    with EmbeddedKafka(broker.data_dir) as second:
        assert second.bootstrap == broker.bootstrap
        assert not second.is_owner
        with pytest.raises(EmbeddedKafkaError, match="another process started"):
            second.pause()
    assert broker.pid is not None


def test_broker_that_cannot_start_says_why(new_folder: Callable[[], Path]) -> None:
    broken = EmbeddedKafka(new_folder(), settings={"offsets.topic.num.partitions": "many"})
    with pytest.raises(EmbeddedKafkaError, match=r"offsets\.topic\.num\.partitions"):
        broken.start()
    assert not broken.is_owner
