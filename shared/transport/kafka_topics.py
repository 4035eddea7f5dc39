"""Creates and verifies the topics of the table of topics on a Kafka cluster.

A part of the Kafka transport: beside `kafka.py`, the only module that may import aiokafka.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.contracts.topics import TOPICS, Topic

_VISIBLE_SECONDS = 15
_READY_SECONDS = 15
_DAY_MS = 24 * 60 * 60 * 1000


class TopicsNotCreated(RuntimeError):
    """The cluster refused to create topics; the message names each with the reason."""


async def create_topics(bootstrap: str, replication_factor: int = 1) -> list[str]:
    """Create the topics that are missing and return their names; those there stay as they are.

    With three replicas and more, two must have a message before it is acknowledged. Raises
    TopicsNotCreated, and aiokafka's KafkaError where the cluster does not answer.
    """
    wanted = [
        NewTopic(
            topic.name,
            topic.partitions,
            replication_factor,
            topic_configs=_configs(topic, replication_factor),
        )
        for topic in TOPICS
    ]
    async with ready_admin(bootstrap) as admin:
        present = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in present]
        if not missing:
            return []
        answer = await admin.create_topics(missing)
        refused = _refusals(answer)
        if refused:
            raise TopicsNotCreated("; ".join(refused))
        await _until_visible(admin, {topic.name for topic in missing})
    return [topic.name for topic in missing]


async def verify_topics(bootstrap: str) -> list[str]:
    """Say how the cluster's topics differ from the table of topics; an empty list is well.

    Raises aiokafka's KafkaError where the cluster does not answer.
    """
    problems: list[str] = []
    async with ready_admin(bootstrap) as admin:
        present = set(await admin.list_topics())
        problems += [f"{t.name}: the topic is missing" for t in TOPICS if t.name not in present]
        there = [topic for topic in TOPICS if topic.name in present]
        described = await admin.describe_topics([topic.name for topic in there]) if there else []
        partitions = {each["topic"]: each["partitions"] for each in described}
        for topic in there:
            found = partitions[topic.name]
            replicas = min(len(partition["replicas"]) for partition in found)
            configs = await _configs_of(admin, topic.name)
            problems += _differences(topic, len(found), replicas, configs)
    return problems


def _refusals(answer: Any) -> list[str]:
    return [
        f"{name}: {for_code(code).__name__}: {message}"
        for name, code, message in answer.topic_errors
        # Another process may have been faster.
        if code not in (0, TopicAlreadyExistsError.errno)
    ]


async def _until_visible(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    # The controller answers before the brokers know: who asked them now would be told "missing".
    async with asyncio.timeout(_VISIBLE_SECONDS):
        while not names <= set(await admin.list_topics()):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


def _differences(
    topic: Topic, partitions: int, replicas: int, configs: Mapping[str, str]
) -> list[str]:
    problems = []
    if partitions != topic.partitions:
        # Adding some would send a complaint's later events to another partition than its first.
        problems.append(f"{topic.name}: {partitions} partitions instead of {topic.partitions}")
    problems += [
        f"{topic.name}: {name} is {configs.get(name)} instead of {value}"
        for name, value in _configs(topic, replicas).items()
        if configs.get(name) != value
    ]
    return problems


def _configs(topic: Topic, replication_factor: int) -> dict[str, str]:
    return {
        "retention.ms": str(topic.retention_days * _DAY_MS),
        "cleanup.policy": "delete",
        "min.insync.replicas": "2" if replication_factor >= 3 else "1",
    }


async def _configs_of(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    ((_, _, _, _, entries),) = answer.resources
    return {entry[0]: entry[1] for entry in entries}


@asynccontextmanager
async def ready_admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect to a cluster that knows its brokers; one that has just started may not yet.

    Raises aiokafka's KafkaError where that does not come to pass within 15 s.
    """
    deadline = monotonic() + _READY_SECONDS
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="tanggap-topics")
        try:
            await admin.start()
            await admin.list_topics()
        except KafkaError:
            await admin.close()
            if monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            break
    try:
        yield admin
    finally:
        await admin.close()
