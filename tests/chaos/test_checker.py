"""The checker is tried itself: silent about a sound system, and loud about each kind of damage."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import ManualClock
from shared.contracts.topics import TOPICS, ServiceName
from shared.database import Database
from shared.delivery_plan import Stream
from shared.delivery_queries import set_stream_versions
from shared.transport.in_process import InProcessSubscription, InProcessTransport
from shared.transport.message import ReceivedMessage
from shared.transport.port import BatchHandler
from tests.chaos.checker import broken, check
from tests.chaos.damage import DAMAGE, Part
from tests.chaos.evidence import DELIVERING, Evidence, Sample
from tests.chaos.gathering import gather
from tests.chaos.in_process import AppWay, databases_of, scrape_app
from tests.chaos.invariants import judge
from tests.chaos.verdict import Verdict
from tests.chaos.wire import read_bus
from tests.load.log import LoadLog, Record
from tests.load.traffic import Citizens, Officers, Sender, demo_texts
from tests.support.servers import Databases
from tests.support.system import System, running_system

pytestmark = pytest.mark.xdist_group("checker")

OPDS = ("PUPR", "DLH", "DISHUB")


@dataclass(frozen=True)
class Finished:
    """What a sound run left behind: databases to be copied, the log, and the metrics."""

    urls: Mapping[Part, str]
    log: Sequence[Record]
    metrics: dict[ServiceName, list[Sample]]
    clock: ManualClock


async def _use(system: System, log: LoadLog, complaints: int = 12, actions: int = 24) -> None:
    """Let a few people use the system, one request after the other."""
    chance = random.Random(7)  # noqa: S311 - a story, not secrecy
    sender = Sender(AppWay(system.client), log, system.clock)
    citizens = Citizens(sender, demo_texts(), chance)
    officers = Officers(AppWay(system.client), sender, system.staff, OPDS, chance, citizens.hear)
    for _ in range(complaints):
        await citizens.submit()
    await system.settle()
    for _ in range(actions):
        await officers.work()
        await citizens.write_again()
        await system.settle()
    await system.advance(hours=3)


@asynccontextmanager
async def _bus(databases: Databases) -> AsyncIterator[tuple[str, InProcessTransport]]:
    url = await databases.empty()
    bus = Database(url)
    try:
        yield url, InProcessTransport(bus, {topic.name: topic.partitions for topic in TOPICS})
    finally:
        await bus.close()


@pytest.fixture(scope="module")
async def finished(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Let the system be used, and stop it."""
    log = LoadLog()
    async with (
        _bus(databases) as (bus_url, transport),
        running_system(databases, tmp_path_factory.mktemp("home"), transport=transport) as system,
    ):
        await _use(system, log)
        metrics = await scrape_app(system)
        urls: dict[Part, str] = {"bus": bus_url}
        urls |= {name: system.settings[name].database_url for name in DELIVERING}
        clock = system.clock
    return Finished(urls, log.records, metrics, clock)


class Rehearsal:
    """A database whose changes are seen by whoever asks here, and are undone in the end."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self.connection.begin_nested():
            yield self.connection


class Copy:
    """What a run left, to be damaged for one test."""

    def __init__(self, finished: Finished, databases: Mapping[Part, Rehearsal]) -> None:
        self.finished = finished
        self.databases = databases

    async def damage(self, part: Part, *statements: str) -> None:
        """Run SQL that no sound system would."""
        async with self.databases[part].transaction() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    async def evidence(self) -> Evidence:
        """Gather what the checker looks at."""
        evidence = await gather(
            {name: self.databases[name] for name in DELIVERING},
            self.finished.clock.now(),
            await read_bus(self.databases["bus"]),
        )
        evidence.metrics = self.finished.metrics
        evidence.counts_exact = True
        return evidence

    async def blamed(self, log: Sequence[Record] | None = None) -> set[str]:
        """Return which invariants the checker says are broken."""
        verdicts = judge(await self.evidence(), self.finished.log if log is None else log)
        return _blamed(verdicts)


def _blamed(verdicts: Sequence[Verdict]) -> set[str]:
    return {each.invariant for each in verdicts if each.findings}


@pytest.fixture
async def copy(finished: Finished) -> AsyncIterator[Copy]:
    """Open the databases for one test, and undo what it did to them."""
    async with AsyncExitStack() as stack:
        rehearsals: dict[Part, Rehearsal] = {}
        for part, url in finished.urls.items():
            database = Database(url, pool_size=1)
            stack.push_async_callback(database.close)
            connection = await stack.enter_async_context(database.engine.connect())
            undone = await connection.begin()
            stack.push_async_callback(undone.rollback)
            rehearsals[part] = Rehearsal(connection)
        yield Copy(finished, rehearsals)


async def test_a_sound_run_is_passed_over_in_silence(copy: Copy) -> None:
    verdicts = judge(await copy.evidence(), copy.finished.log)
    assert not broken(verdicts)
    assert all(verdict.looked_at for verdict in verdicts)


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_is_named_by_its_invariant(copy: Copy, damage: str) -> None:
    part, invariant, statements = DAMAGE[damage]
    await copy.damage(part, *statements)
    assert invariant in await copy.blamed()


async def test_a_lost_row_and_its_message_leave_a_gap(copy: Copy) -> None:
    event = "(SELECT id FROM outbox ORDER BY seq LIMIT 1)"
    async with copy.databases["routing"].transaction() as connection:
        event_id = (await connection.execute(text(event))).scalar_one()
    await copy.damage("routing", f"DELETE FROM outbox WHERE id = '{event_id}'")  # noqa: S608
    await copy.damage("bus", f"DELETE FROM bus_message WHERE headers ->> 'ce_id' = '{event_id}'")  # noqa: S608
    for consumer in ("intake", "sla"):
        await copy.damage(consumer, f"DELETE FROM inbox WHERE event_id = '{event_id}'")  # noqa: S608
    assert await copy.blamed() == {"I5", "I8"}


_LIES: dict[str, tuple[str, Callable[[Record], list[Record]]]] = {
    "another answer to the same key": (
        "I6",
        lambda record: [record, replace(record, answer_hash="another")],
    ),
    "another complaint for the same key": (
        "I6",
        lambda record: [record, replace(record, complaint_id=str(uuid4()))],
    ),
    "accepted, and not there": (
        "I1",
        lambda record: [record, replace(record, complaint_id=str(uuid4()), key="k", marker=None)],
    ),
    "refused, and there all the same": (
        "I7",
        lambda record: [replace(record, status=422, complaint_id=None)],
    ),
    "there, and never sent": ("I7", lambda record: []),
}


@pytest.mark.parametrize("lie", _LIES)
async def test_a_log_that_says_otherwise_is_noticed(copy: Copy, lie: str) -> None:
    invariant, tell = _LIES[lie]
    submissions = [r for r in copy.finished.log if r.operation == "submit" and r.accepted]
    told = [record for record in copy.finished.log if record.key != submissions[3].key]
    assert invariant in await copy.blamed([*told, *tell(submissions[3])])


async def test_unclear_may_exist_once_or_not_at_all(copy: Copy) -> None:
    there = next(r for r in copy.finished.log if r.operation == "submit" and r.accepted)
    rest = [record for record in copy.finished.log if record.key != there.key]
    lost = replace(there, status=None, unclear=True, complaint_id=None, tracking_code=None)
    nowhere = replace(lost, marker="ujinowhere", key="nowhere")
    assert not await copy.blamed([*rest, lost, nowhere])


# --------------------------------------------------------------- damage done by the machinery


async def _verdicts(system: System, bus_url: str, log: LoadLog) -> set[str]:
    bus = Database(bus_url, pool_size=2)
    try:
        return _blamed(
            await check(databases_of(system), system.clock, log.records, wire=await read_bus(bus))
        )
    finally:
        await bus.close()


async def test_an_inbox_that_does_not_remember_is_noticed(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(
        connection: AsyncConnection,
        consumer: str,
        ids: Sequence[str],
        versions: Mapping[Stream, int],
    ) -> int:
        await set_stream_versions(connection, consumer, versions)
        return len(ids)

    monkeypatch.setattr("shared.delivery_queries.claim_events", forget)
    log = LoadLog()
    async with (
        _bus(databases) as (bus_url, transport),
        running_system(databases, tmp_path, transport=transport) as system,
    ):
        await _use(system, log, complaints=2, actions=0)
        assert await _verdicts(system, bus_url, log) == {"I4"}


class AcknowledgesFirst(InProcessTransport):
    """Commits an offset before the effect, as `enable_auto_commit` may, and then crashes once."""

    crashed = False

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> "InProcessSubscription":
        """Lose the first batch that routing is given."""

        async def lossy(messages: Sequence[ReceivedMessage]) -> None:
            if group == "routing" and not self.crashed:
                self.crashed = True
                return
            await handle(messages)

        return await super().subscribe(group, topics, lossy, gather_seconds=gather_seconds)


async def test_an_acknowledgement_before_the_effect_is_noticed(
    databases: Databases, tmp_path: Path
) -> None:
    log = LoadLog()
    url = await databases.empty()
    bus = Database(url)
    transport = AcknowledgesFirst(bus, {topic.name: topic.partitions for topic in TOPICS})
    async with running_system(databases, tmp_path, transport=transport) as system:
        await _use(system, log, complaints=2, actions=0)
        blamed = await _verdicts(system, url, log)
    await bus.close()
    assert blamed >= {"I1", "I4"}


async def test_indexes_forbid_what_the_checker_would_find(copy: Copy) -> None:
    doubled: tuple[tuple[Part, str], ...] = (
        ("routing", "INSERT INTO cases SELECT * FROM cases LIMIT 1"),
        ("sla", "INSERT INTO clock SELECT * FROM clock LIMIT 1"),
        ("intake", "INSERT INTO inbox SELECT * FROM inbox LIMIT 1"),
    )
    for part, statement in doubled:
        with pytest.raises(DBAPIError, match="duplicate key"):
            await copy.damage(part, statement)
