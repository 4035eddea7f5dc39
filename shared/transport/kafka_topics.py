"""Creates the topics of the table on a Kafka cluster, and verifies that they are as it says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.topics import TOPICS, Topic

_RETENTION = "retention.ms"
_IN_SYNC = "min.insync.replicas"


async def create_topics(bootstrap: str, replication: int = 1) -> None:
    """Create what is missing; what is there stays as it is. Raises KafkaError.

    With three copies or more, a write needs two of them in sync.
    """
    async with _admin(bootstrap) as admin:
        there = set(await admin.list_topics())
        missing = [_new(topic, replication) for topic in TOPICS if topic.name not in there]
        if not missing:
            return
        answer = await admin.create_topics(missing)
        for _name, code, *_ in answer.topic_errors:
            error = for_code(code)
            # Another process came first: what it made is verified like everything else.
            if code and error is not TopicAlreadyExistsError:
                raise error(f"{_name} was not created")


async def verify_topics(bootstrap: str) -> list[str]:
    """Compare the cluster with the table; returns a sentence for each difference."""
    async with _admin(bootstrap) as admin:
        found = {t["topic"]: t for t in await admin.describe_topics([t.name for t in TOPICS])}
        problems = []
        for topic in TOPICS:
            description = found.get(topic.name)
            if description is None or description["error_code"]:
                problems.append(f"{topic.name} does not exist")
                continue
            count = len(description["partitions"])
            if count != topic.partitions:
                problems.append(f"{topic.name} has {count} partitions, not {topic.partitions}")
            retention = await _setting(admin, topic.name, _RETENTION)
            if retention != _retention_ms(topic):
                problems.append(
                    f"{topic.name} keeps messages for {retention} ms, not {_retention_ms(topic)}"
                )
    return problems


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=20_000)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def _new(topic: Topic, replication: int) -> NewTopic:
    return NewTopic(
        topic.name,
        topic.partitions,
        replication,
        topic_configs={
            _RETENTION: str(_retention_ms(topic)),
            _IN_SYNC: "2" if replication >= 3 else "1",
        },
    )


def _retention_ms(topic: Topic) -> int:
    return int(timedelta(days=topic.retention_days) / timedelta(milliseconds=1))


async def _setting(admin: AIOKafkaAdminClient, topic: str, name: str) -> int | None:
    wanted = ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})
    for response in await admin.describe_configs([wanted]):
        for resource in response.resources:
            for entry in resource[4]:
                if entry[0] == name:
                    return int(entry[1])
    return None
