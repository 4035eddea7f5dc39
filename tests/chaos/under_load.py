"""A stack under load: people who use it while it is being broken, and the verdict afterwards."""

import asyncio
import logging
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from shared.clock import SystemClock
from shared.contracts.topics import TOPICS, ServiceName
from shared.database import Database
from tests.chaos.checker import broken, check, print_verdicts, scrape, wait_for_rest
from tests.chaos.evidence import DELIVERING, Evidence, rows_of
from tests.chaos.gathering import gather
from tests.chaos.wire import lag_of, read_kafka
from tests.load.client import Door, at_rate
from tests.load.log import LoadLog, Record
from tests.load.traffic import Citizens, Officers, Sender, demo_texts
from tests.support.stack import Stack

log = logging.getLogger(__name__)

_HISTORY = """
    SELECT version, action, "by", from_state, to_state, opd, happened_at FROM case_history
    WHERE complaint_id = :complaint_id ORDER BY version
"""
_CLOCKS = "SELECT stage, part, epoch, state FROM clock WHERE complaint_id = :complaint_id"
_FACTS = """
    SELECT submitted_at, withdrawn_at, is_open, marks FROM case_facts
    WHERE complaint_id = :complaint_id
"""
_SENT = "SELECT aggregate_version, type FROM outbox WHERE aggregateid = :complaint_id ORDER BY 1"

OPDS = ("PUPR", "DLH", "DINSOS", "DISHUB", "DUKCAPIL", "DINKES", "SATPOLPP", "PDAM")


@dataclass
class Rig:
    """A stack with its load's log; `chance` draws everything that is random."""

    stack: Stack
    log: LoadLog
    chance: random.Random
    clock: SystemClock = field(default_factory=SystemClock)

    @asynccontextmanager
    async def load(
        self, *, submits: float = 25, letters: float = 3, actions: float = 8
    ) -> AsyncIterator[list[Record]]:
        """Let people use the system at these rates per second; yields the records as they come."""
        first = len(self.log.records)
        during: list[Record] = []
        stop = asyncio.Event()
        async with AsyncExitStack() as doors:
            intake, routing = Door(self.stack.base["intake"]), Door(self.stack.base["routing"])
            doors.push_async_callback(intake.close)
            doors.push_async_callback(routing.close)
            citizens = Citizens(Sender(intake, self.log, self.clock), demo_texts(), self.chance)
            officers = Officers(
                routing,
                Sender(routing, self.log, self.clock),
                self.stack.staff,
                OPDS,
                self.chance,
                citizens.hear,
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(at_rate(submits, citizens.submit, stop=stop))
                group.create_task(at_rate(letters, citizens.write_again, stop=stop))
                group.create_task(at_rate(actions, officers.work, stop=stop))
                try:
                    yield during
                finally:
                    stop.set()
        during += self.log.records[first:]
        statuses = Counter(f"{each.operation} {each.status}" for each in during)
        log.info("sent %d requests: %s", len(during), dict(sorted(statuses.items())))

    async def judge(self, seconds: float = 30) -> float:
        """Wait for rest and ask the checker; fails unless both come, returns how long rest took."""
        async with self.databases() as databases:
            took = await wait_for_rest(databases, self.clock, seconds)
            verdicts = await check(
                databases,
                self.clock,
                self.log.records,
                wire=await read_kafka(self.stack.kafka.bootstrap),
                metrics=await scrape({name: self.stack.base[name] for name in DELIVERING}),
            )
            looked_at = {each.invariant: each.looked_at for each in verdicts}
            log.info("at rest after %.1f s; the checker looked at %s", took, looked_at)
            if found := broken(verdicts):
                print_verdicts(verdicts)
                raise AssertionError("\n".join([*found[:20], *await _known_of(databases, found)]))
        return took

    async def taken_in(self, seconds: float = 30) -> None:
        """Wait until every consumer has read every message, doubled ones included.

        Raises TimeoutError where none is read for `seconds`.
        """
        left = await self.lag()
        while left:
            before = left
            async with asyncio.timeout(seconds):
                while (left := await self.lag()) >= before:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.2)

    async def lag(self) -> int:
        """Return how many messages the consumers have not read, over all groups."""
        groups: dict[str, list[str]] = {}
        for topic in TOPICS:
            for consumer in topic.consumers:
                groups.setdefault(consumer, []).append(topic.name)
        return await lag_of(self.stack.kafka.bootstrap, groups)

    async def evidence(self) -> Evidence:
        """Read what the databases hold now."""
        async with self.databases() as databases:
            return await gather(databases, self.clock.now())

    @asynccontextmanager
    async def databases(self) -> AsyncIterator[Mapping[ServiceName, Database]]:
        """Open the databases; anew each time, since a fault may have broken every connection."""
        opened = {name: Database(self.stack.databases[name], pool_size=2) for name in DELIVERING}
        try:
            yield opened
        finally:
            for database in opened.values():
                await database.close()


async def _known_of(
    databases: Mapping[ServiceName, Database], findings: Sequence[str]
) -> list[str]:
    """Return what routing and sla hold of the first complaint that a finding names."""
    named = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", " ".join(findings))
    if named is None:
        return []
    known = []
    asked: tuple[tuple[ServiceName, str], ...] = (
        ("routing", _HISTORY),
        ("sla", _CLOCKS),
        ("sla", _FACTS),
        ("sla", _SENT),
    )
    for name, sql in asked:
        rows = await rows_of(databases[name], sql, complaint_id=named[0])
        known += [f"  {name}: {tuple(row)}" for row in rows]
    return known
