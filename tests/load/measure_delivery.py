"""Measures relay and inbox beside their references, on real Postgres and Kafka."""

from shared.embedded.postgres import SUPERUSER
from tests.load.events import RELAY_TOPIC, TOPIC, make_messages
from tests.load.figures import Figure
from tests.load.plan import Answer, Plan, Side, alternate, by_count, processor_note
from tests.load.reference.inbox import REFERENCE_TOPIC
from tests.load.reference.relay import bare_producer, send_pipelined
from tests.load.rig import Rig, Worker, create_topics_named, make_delivery_database
from tests.load.work_inbox import EFFECT_TABLES

#: More than this is not prepared for a second of a round: it costs memory and time.
_LARGEST_RATE = 20_000
_FIRST_ROUND = 6_000
RELAY_GOAL = 0.6
INBOX_GOAL = 1_500.0


async def measure_relay(rig: Rig, plan: Plan) -> list[Figure]:
    """Outbox → Kafka, marked, against bare aiokafka producing the same bytes."""
    url = await make_delivery_database(rig, "bench_relay")
    await create_topics_named(rig, RELAY_TOPIC)
    worker = await Worker.start(
        rig, "relay", {"database_url": url, "bootstrap": rig.kafka.bootstrap}
    )
    largest = int(_LARGEST_RATE * plan.seconds)

    async def run_ours(count: int) -> Answer:
        await worker.ask("fill", count=count)
        return await worker.ask("ours", count=count)

    async def run_reference(count: int) -> Answer:
        return await worker.ask("reference", count=count)

    reference, ours = (
        Side(by_count(run, _FIRST_ROUND, largest)) for run in (run_reference, run_ours)
    )
    try:
        await worker.ask("prepare", count=largest)
        await alternate(plan, "relay", reference, ours)
    finally:
        await worker.stop()
    return [
        Figure(
            "relay",
            "relay",
            "events/s",
            tuple(ours.rates),
            tuple(reference.rates),
            goal=RELAY_GOAL,
            goal_is_ratio=True,
            note=processor_note(ours, reference),
        )
    ]


async def measure_inbox(rig: Rig, plan: Plan) -> list[Figure]:
    """Kafka → an effect and an outbox row per event, each once, on one core."""
    url = await make_delivery_database(rig, "bench_inbox", *EFFECT_TABLES)
    await create_topics_named(rig, TOPIC, REFERENCE_TOPIC)
    dsn = rig.postgres.dsn("bench_inbox", SUPERUSER)
    worker = await Worker.start(
        rig, "inbox", {"database_url": url, "dsn": dsn, "bootstrap": rig.kafka.bootstrap}
    )
    largest = int(_LARGEST_RATE * plan.seconds)

    async def run_ours(count: int) -> Answer:
        await _produce(rig, TOPIC, count)
        await worker.ask("empty")
        return await worker.ask("ours", count=count)

    async def run_reference(count: int) -> Answer:
        await _produce(rig, REFERENCE_TOPIC, count)
        await worker.ask("empty")
        return await worker.ask("reference", count=count)

    reference, ours = (
        Side(by_count(run, _FIRST_ROUND, largest)) for run in (run_reference, run_ours)
    )
    try:
        await alternate(plan, "inbox", reference, ours)
    finally:
        await worker.stop()
    return [
        Figure(
            "inbox",
            "inbox",
            "events/s",
            tuple(ours.rates),
            tuple(reference.rates),
            goal=INBOX_GOAL,
            note=processor_note(ours, reference),
        )
    ]


async def _produce(rig: Rig, topic: str, count: int) -> None:
    """Put so many events of new complaints on a topic."""
    producer = bare_producer(rig.kafka.bootstrap)
    await producer.start()
    try:
        await send_pipelined(
            producer,
            [
                (topic, m.key.encode(), m.value, [(n, t.encode()) for n, t in m.headers.items()])
                for m in make_messages(count)
            ],
        )
    finally:
        await producer.stop()
