"""Reading the topics from beginning to end, and sending what they hold once more in disorder."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.topics import TOPICS
from tests.chaos.evidence import Sent, Source, rows_of

_TOPICS = tuple(topic.name for topic in TOPICS)
Records = list["ConsumerRecord[bytes, bytes]"]


async def read_kafka(bootstrap: str) -> dict[str, list[Sent]]:
    """Read every event of every topic from Kafka."""
    found: dict[str, list[Sent]] = {name: [] for name in _TOPICS}
    for record in await read_records(bootstrap, _TOPICS):
        headers = {name: (value or b"").decode() for name, value in record.headers}
        found[record.topic].append(_sent(record.topic, (record.key or b"").decode(), headers))
    return found


async def read_bus(database: Source) -> dict[str, list[Sent]]:
    """Read every event of every topic from the log of the embedded default."""
    found: dict[str, list[Sent]] = {name: [] for name in _TOPICS}
    for row in await rows_of(
        database,
        'SELECT topic, key, headers FROM bus_message ORDER BY topic, "partition", "offset"',
    ):
        found[row.topic].append(_sent(row.topic, row.key, row.headers))
    return found


async def read_records(bootstrap: str, topics: Iterable[str]) -> Records:
    """Read all records that these topics hold now."""
    places = await _partitions(bootstrap, topics)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        records: Records = []
        left = {place for place in places if ends[place] > 0}
        while left:
            for place, batch in (await consumer.getmany(timeout_ms=500)).items():
                records += [record for record in batch if record.offset < ends[place]]
            for place in tuple(left):
                if await consumer.position(place) >= ends[place]:
                    left.discard(place)
        return records
    finally:
        await consumer.stop()


#: How much is sent again, and how far back a group begins anew: each round adds to the topics.
MOST_SENT_AGAIN = 10_000
MOST_READ_AGAIN = 1_000


async def send_again(bootstrap: str, topics: Iterable[str], seed: int) -> int:
    """Produce what these topics hold once more, shuffled; returns how many messages.

    Of more than `MOST_SENT_AGAIN` that many are drawn.
    """
    held = await read_records(bootstrap, topics)
    chance = random.Random(seed)  # noqa: S311 - disorder, not secrecy
    records = chance.sample(held, min(len(held), MOST_SENT_AGAIN))
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        waiting = [
            await producer.send(
                record.topic, key=record.key, value=record.value, headers=list(record.headers)
            )
            for record in records
        ]
        for sent in waiting:
            await sent
    finally:
        await producer.stop()
    return len(records)


async def reset_group(bootstrap: str, group: str, instance: str, topics: Iterable[str]) -> None:
    """Let a group begin each topic anew; its one static member must be stopped meanwhile.

    It begins at most `MOST_READ_AGAIN` messages before the end of each partition.
    We take that member's place for a moment: a stopped static member stays in the group until its
    session has run out, and offsets of a group with members are theirs alone to commit.
    """
    places = await _partitions(bootstrap, topics)
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        group_id=group,
        group_instance_id=f"{group}-{instance}",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(40):
            while consumer.assignment() != set(places):  # noqa: ASYNC110 - aiokafka has no event
                await asyncio.sleep(0.05)
        ends = await consumer.end_offsets(places)
        await consumer.commit({place: max(0, end - MOST_READ_AGAIN) for place, end in ends.items()})
    finally:
        await consumer.stop()


async def lag_of(bootstrap: str, groups: Mapping[str, Iterable[str]]) -> int:
    """Return how many messages these groups have not committed, over all their topics."""
    places = await _partitions(bootstrap, {topic for each in groups.values() for topic in each})
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        await admin.start()
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        behind = 0
        for group, topics in groups.items():
            followed = set(topics)
            known = await admin.list_consumer_group_offsets(group)
            for place, end in ends.items():
                if place.topic in followed:
                    behind += end - max(0, known[place].offset if place in known else 0)
        return behind
    finally:
        await admin.close()
        await consumer.stop()


async def _partitions(bootstrap: str, topics: Iterable[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics(list(topics))
            for partition in topic["partitions"]
        ]
    finally:
        await admin.close()


def _sent(topic: str, key: str, headers: Mapping[str, str]) -> Sent:
    return Sent(
        event_id=headers.get("ce_id", ""),
        topic=topic,
        complaint_id=key,
        version=int(headers.get("aggregate_version", "0")),
        time=datetime.fromisoformat(headers["ce_time"])
        if "ce_time" in headers
        else datetime.fromtimestamp(0, UTC),
    )
