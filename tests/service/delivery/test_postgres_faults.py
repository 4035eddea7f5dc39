"""The whole way, outbox to effect, while Postgres is killed under it again and again."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.contracts.topics import TOPICS
from shared.database import Database, is_transient
from shared.embedded.postgres import EmbeddedPostgres
from shared.ids import ComplaintId
from shared.relay import Relay
from shared.transport.in_process import InProcessTransport
from tests.support.delivery import (
    Consumer,
    Publisher,
    empty_delivery_database,
    new_complaint,
    withdrawn,
)


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """Start a Postgres that this test may kill; tmp_path is closed to its account."""
    folder = Path(tempfile.mkdtemp(prefix="tanggap-killed-"))
    with EmbeddedPostgres(folder / "data") as running:
        for name in ("publisher", "consumer", "bus"):
            running.create_database(name)
        yield running
    shutil.rmtree(folder)


async def commit_steadily(
    publisher: Publisher, complaints: list[ComplaintId], stop: asyncio.Event
) -> list[str]:
    """Commit an event every few milliseconds; return those whose commit was confirmed."""
    confirmed = []
    number = 0
    while not stop.is_set():
        number += 1
        name = f"{number:05}"
        try:
            async with publisher.units.begin() as unit:
                unit.publish(withdrawn(complaints[number % len(complaints)], name))
        except Exception as error:
            if not is_transient(error):
                raise
            await asyncio.sleep(0.05)
        else:
            confirmed.append(name)
        await asyncio.sleep(0.003)
    return confirmed


async def effects_seen(consumer: Consumer) -> list[str]:
    """Return the effects, or none while connections of before the kill are found out."""
    try:
        return await consumer.effects()
    except Exception as error:
        if not is_transient(error):
            raise
        return []


@pytest.mark.chaos
async def test_each_confirmed_event_takes_effect_once_and_in_order(
    server: EmbeddedPostgres,
) -> None:
    publisher = Publisher(await empty_delivery_database(server.url("publisher")))
    consumer = Consumer(await empty_delivery_database(server.url("consumer")))
    bus = Database(server.url("bus"))
    transport = InProcessTransport(bus, {topic.name: topic.partitions for topic in TOPICS})
    await transport.start()
    relay = Relay(publisher.database, transport, publisher.clock, poll_seconds=0.02)
    relaying = asyncio.create_task(relay.run())
    topics = [topic.name for topic in TOPICS]
    subscription = await transport.subscribe("consumer", topics, consumer.inbox.handle)
    complaints = [new_complaint() for _ in range(7)]
    stop = asyncio.Event()
    committing = asyncio.create_task(commit_steadily(publisher, complaints, stop))
    for _ in range(2):
        await asyncio.sleep(0.7)
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.start)
    await asyncio.sleep(0.5)
    stop.set()
    confirmed = await committing

    async with asyncio.timeout(30):
        while not set(confirmed) <= set(await effects_seen(consumer)):  # noqa: ASYNC110 - it is SQL
            await asyncio.sleep(0.05)
    relay.stop()
    await relaying
    await subscription.stop()
    await transport.stop()
    done = await consumer.effects()
    assert len(confirmed) > 5
    assert len(done) == len(set(done))
    # Besides those confirmed, at most one per kill was committed without anybody hearing of it.
    assert len(done) <= len(confirmed) + 2
    for complaint in complaints:
        assert await consumer.effects(complaint) == sorted(await consumer.effects(complaint))
    assert await consumer.dead() == []
    assert await consumer.parked() == []
    for database in (publisher.database, consumer.database, bus):
        await database.close()
