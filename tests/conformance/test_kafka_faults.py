"""What only a broker can do to us: it dies, it freezes, it moves partitions, it lacks topics."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from shared.contracts.topics import TOPICS
from shared.embedded.kafka import EmbeddedKafka
from shared.transport.kafka import KafkaTransport
from shared.transport.kafka_subscription import KafkaSubscription
from shared.transport.kafka_topics import (
    TopicsNotCreated,
    create_topics,
    ready_admin,
    verify_topics,
)
from tests.conformance.buses import KafkaBus, Recorder, numbered
from tests.support.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """Start a broker that these tests may hurt."""
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(autouse=True)
def broken_connections_are_let_go() -> Iterator[None]:
    """Collect what aiokafka drops unclosed where connecting to a frozen broker is given up.

    The collector closes it; the warning, which is an error here, would hit some later test.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
async def bus(broker: EmbeddedKafka) -> AsyncIterator[KafkaBus]:
    made = await KafkaBus.create(broker.bootstrap)
    yield made
    await made.close()


async def publish_until_it_works(transport: KafkaTransport, bus: KafkaBus, number: int) -> int:
    """Publish as the relay does, again and again; returns how often it failed."""
    failures = 0
    while True:
        try:
            await transport.publish(numbered(bus.topic, "a", number))
        except (KafkaError, TimeoutError):
            failures += 1
            await asyncio.sleep(0.2)
        else:
            return failures


async def test_broker_killed_and_started_again_loses_nothing(
    broker: EmbeddedKafka, bus: KafkaBus
) -> None:
    transport = KafkaTransport(broker.bootstrap, client_id="test", send_timeout_seconds=1)
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await transport.publish(numbered(bus.topic, "a", 1))
    await recorder.wait_for(1)
    broker.kill()
    pending = asyncio.create_task(publish_until_it_works(transport, bus, 2))
    # Longer than one attempt: the producer is given up and replaced while the broker is away.
    await asyncio.sleep(2.5)
    assert not pending.done()
    assert subscription.health().alive
    await asyncio.to_thread(broker.start)
    failures = await asyncio.wait_for(pending, 40)
    assert failures >= 1
    await transport.publish(numbered(bus.topic, "a", 3))
    await recorder.wait_for(3)
    # Once given up, a message is sent by nobody but the caller.
    await asyncio.sleep(0.5)
    values = recorder.values()
    assert values[-1] == b"3"
    assert set(values) == {b"1", b"2", b"3"}
    assert values.count(b"2") <= failures + 1
    await subscription.stop()
    await transport.stop()


async def test_frozen_broker_makes_publishing_raise_and_then_go_on(
    broker: EmbeddedKafka, bus: KafkaBus
) -> None:
    transport = KafkaTransport(broker.bootstrap, client_id="test", send_timeout_seconds=1)
    await transport.publish(numbered(bus.topic, "a", 1))
    broker.pause()
    # On a busy machine its threads stop one after the other.
    await asyncio.sleep(0.3)
    try:
        with pytest.raises(TimeoutError):
            await transport.publish(numbered(bus.topic, "a", 2))
    finally:
        broker.resume()
    async with asyncio.timeout(40):
        await publish_until_it_works(transport, bus, 3)
    await transport.stop()


async def test_abandoned_producer_leaves_no_task_behind(
    broker: EmbeddedKafka, bus: KafkaBus
) -> None:
    transport = KafkaTransport(broker.bootstrap, client_id="test", send_timeout_seconds=0.5)
    await transport.publish(numbered(bus.topic, "a", 1))
    before = len(asyncio.all_tasks())
    broker.pause()
    await asyncio.sleep(0.3)
    try:
        for number in range(3):
            with pytest.raises(TimeoutError):
                await transport.publish(numbered(bus.topic, "a", number))
    finally:
        broker.resume()
    await transport.stop()
    await until(lambda: len(asyncio.all_tasks()) <= before, 40)


async def test_partitions_are_shared_and_taken_over(bus: KafkaBus) -> None:
    one, two = await bus.process(), await bus.process()
    first, second = Recorder(), Recorder()
    subscription = await one.subscribe("group", [bus.topic], first)
    await one.publish(numbered(bus.topic, "a", 1))
    await first.wait_for(1)
    other = await two.subscribe("group", [bus.topic], second)
    assert isinstance(subscription, KafkaSubscription)
    sent = 1
    while not second.messages:
        sent += 1
        await one.publish([m for key in "abcdefgh" for m in numbered(bus.topic, key, sent)])
        await asyncio.sleep(0.1)
        assert sent < 300
    await other.stop()
    await one.publish([m for key in "abcdefgh" for m in numbered(bus.topic, key, 1_000)])

    def taken_over() -> bool:
        together = [*first.messages, *second.messages]
        return sum(message.value == b"1000" for message in together) >= 8

    await until(taken_over)
    for key in "bcdefgh":
        values = {int(v) for v in (*first.values(key), *second.values(key))}
        assert values == {*range(2, sent + 1), 1_000}
    await subscription.stop()


async def test_hung_handler_is_reported_as_dead(broker: EmbeddedKafka, bus: KafkaBus) -> None:
    transport = KafkaTransport(broker.bootstrap, client_id="test", hung_after_seconds=0.7)
    recorder = Recorder()
    recorder.held_key, recorder.hold = "a", asyncio.Event()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    assert subscription.health().alive
    await transport.publish(numbered(bus.topic, "a", 1))
    await until(lambda: recorder.holding)
    await until(lambda: not subscription.health().alive)
    recorder.hold.set()
    await until(lambda: subscription.health().alive)
    await subscription.stop()
    assert not subscription.health().alive
    await transport.stop()


async def test_subscription_outlives_a_broker_that_comes_later(bus: KafkaBus) -> None:
    transport = bus.unreachable()
    subscription = await transport.subscribe("group", [bus.topic], Recorder())
    await asyncio.sleep(0.5)
    assert subscription.health().alive
    async with asyncio.timeout(30):
        await subscription.stop()


async def settled(admin: AIOKafkaAdminClient, expected: Callable[[set[str]], bool]) -> None:
    """Wait until the broker shows what the controller has decided."""
    async with asyncio.timeout(40):
        while not expected(set(await admin.list_topics())):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


@pytest.fixture
async def no_topics(broker: EmbeddedKafka) -> AsyncIterator[AIOKafkaAdminClient]:
    """Take the topics of the table away; return a client to make others with."""
    names = {topic.name for topic in TOPICS}
    async with ready_admin(broker.bootstrap) as admin:
        present = names & set(await admin.list_topics())
        if present:
            await admin.delete_topics(list(present))
        await settled(admin, lambda visible: not names & visible)
        yield admin


@pytest.mark.usefixtures("no_topics")
async def test_topics_are_created_once_and_verified(broker: EmbeddedKafka) -> None:
    names = {topic.name for topic in TOPICS}
    missing = await verify_topics(broker.bootstrap)
    assert {problem.split(":")[0] for problem in missing} == names
    assert set(await create_topics(broker.bootstrap)) == names
    assert await create_topics(broker.bootstrap) == []
    assert await verify_topics(broker.bootstrap) == []


async def test_topic_of_another_shape_is_named(
    broker: EmbeddedKafka, no_topics: AIOKafkaAdminClient
) -> None:
    topic = TOPICS[0].name
    await no_topics.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "60000"})])
    await settled(no_topics, lambda visible: topic in visible)
    problems = [p for p in await verify_topics(broker.bootstrap) if p.startswith(topic)]
    assert problems == [
        f"{topic}: 2 partitions instead of 6",
        f"{topic}: retention.ms is 60000 instead of 1209600000",
    ]


@pytest.mark.usefixtures("no_topics")
async def test_more_replicas_than_brokers_are_refused_by_name(broker: EmbeddedKafka) -> None:
    with pytest.raises(TopicsNotCreated, match=r"sla\.clock\.v1: InvalidReplicationFactorError"):
        await create_topics(broker.bootstrap, replication_factor=3)
