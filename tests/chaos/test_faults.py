"""Five real processes on a real Kafka and Postgres, broken under load: nothing is lost or doubled.

One round of each fault runs with all tests; `--chaos-rounds 20` runs twenty.
"""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from shared.contracts.topics import SERVICES, TOPICS, topics_consumed_by
from tests.chaos.evidence import DELIVERING, Evidence
from tests.chaos.under_load import Rig
from tests.chaos.wire import reset_group, send_again
from tests.load.log import LoadLog, Record
from tests.support.stack import STACK_INSTANCE, running_stack

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


@pytest.fixture(scope="module")
async def rig(rounds: int) -> AsyncIterator[Rig]:
    """Run the stack for all tests of this module, with one log."""
    with tempfile.TemporaryDirectory(prefix="tanggap-chaos-") as folder:
        home = Path(folder)
        log = LoadLog(home / "load.jsonl")
        async with running_stack(home) as stack:
            yield Rig(stack, log, random.Random(rounds))  # noqa: S311 - whom to hit, not secrecy
        log.close()


async def test_killed_services_come_back_and_nothing_is_lost_or_doubled(
    rig: Rig, rounds: int
) -> None:
    supervisor = rig.stack.supervisor
    for _ in range(rounds):
        async with rig.load():
            for name in rig.chance.sample(SERVICES, len(SERVICES)):
                await asyncio.sleep(rig.chance.uniform(0.3, 2.5))
                starts = supervisor.starts(name)
                supervisor.kill(name)
                await supervisor.wait_started(name, starts + 1)
            await rig.stack.wait_ready(seconds=40)
            await asyncio.sleep(1)
        await rig.judge()


async def test_killed_broker_is_not_felt_by_citizens(rig: Rig, rounds: int) -> None:
    kafka = rig.stack.kafka
    for _ in range(rounds):
        async with rig.load() as during:
            await asyncio.sleep(1)
            await asyncio.to_thread(kafka.kill)
            await asyncio.sleep(rig.chance.uniform(1, 3))
            await asyncio.to_thread(kafka.start)
        _expect_all_accepted(during)
        await rig.judge()


async def test_frozen_broker_is_not_felt_by_citizens(rig: Rig, rounds: int) -> None:
    kafka = rig.stack.kafka
    for _ in range(rounds):
        async with rig.load() as during:
            await asyncio.sleep(1)
            kafka.pause()
            try:
                await asyncio.sleep(14)
            finally:
                kafka.resume()
        _expect_all_accepted(during)
        await rig.judge()


async def test_crashed_database_is_said_and_leaves_nothing_half_written(
    rig: Rig, rounds: int
) -> None:
    for _ in range(rounds):
        starts = {name: rig.stack.supervisor.starts(name) for name in SERVICES}
        async with rig.load() as during:
            await asyncio.sleep(1)
            await asyncio.to_thread(rig.stack.postgres.restart, "immediate")
            await asyncio.sleep(2)
        _expect_only_503(during)
        await rig.judge()
        assert starts == {name: rig.stack.supervisor.starts(name) for name in SERVICES}


async def test_database_that_is_away_is_said_with_a_time_to_come_back(
    rig: Rig, rounds: int
) -> None:
    for _ in range(rounds):
        starts = {name: rig.stack.supervisor.starts(name) for name in SERVICES}
        async with rig.load() as during:
            await asyncio.sleep(1)
            await asyncio.to_thread(rig.stack.postgres.restart, "fast", 10)
            await asyncio.sleep(2)
        _expect_only_503(during)
        assert any(record.status == 503 for record in during if record.operation == "submit")
        await rig.judge()
        assert starts == {name: rig.stack.supervisor.starts(name) for name in SERVICES}


async def test_doubled_shuffled_and_late_events_change_nothing(rig: Rig, rounds: int) -> None:
    bootstrap = rig.stack.kafka.bootstrap
    for _ in range(rounds):
        async with rig.load():
            await asyncio.sleep(3)
        await rig.judge()
        before = await rig.evidence()
        topics = [topic.name for topic in TOPICS]
        assert await send_again(bootstrap, topics, rig.chance.randrange(10**6))
        await rig.taken_in()
        for name in DELIVERING:
            rig.stack.supervisor.kill(name)
            followed = [topic.name for topic in topics_consumed_by(name)]
            await reset_group(bootstrap, name, STACK_INSTANCE, followed)
        await rig.stack.wait_ready(seconds=40)
        await rig.taken_in()
        await rig.judge()
        assert _state_of(await rig.evidence()) == _state_of(before)


def _expect_all_accepted(records: Sequence[Record]) -> None:
    refused = [record for record in records if record.operation == "submit" and not record.accepted]
    assert not refused, refused[:3]
    assert records


def _expect_only_503(records: Sequence[Record]) -> None:
    """Every refusal is a 503 that says when to come back; none is an error of another kind."""
    failed = [record for record in records if record.status is not None and record.status >= 500]
    assert all(record.status == 503 and record.retry_after for record in failed), failed[:3]
    assert not [record for record in records if record.status is None]


def _state_of(evidence: Evidence) -> dict[str, object]:
    return {
        "complaints": sorted(map(repr, evidence.complaints)),
        "cases": sorted(map(repr, evidence.cases)),
        "history": evidence.history,
        "clocks": sorted(map(repr, evidence.clocks)),
        "events": {
            name: sorted(row.event_id for row in delivery.outbox)
            for name, delivery in evidence.delivery.items()
        },
        "inboxes": {name: delivery.inbox for name, delivery in evidence.delivery.items()},
    }
