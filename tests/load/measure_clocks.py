"""A million running clocks: how soon a due one is found, and a burst of them with a replica killed.

The replicas are real processes (`tanggap serve sla`) on a real Kafka and Postgres; staff's notices
go to a real SMTP server. Instants are those of the commits, as Postgres notes them.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from sqlalchemy import text

from services.deployment import database_name, load_profile, settle_settings
from shared.clock import SystemClock
from shared.database import Database
from shared.embedded.ports import HOST, free_port
from shared.migrating import migrate
from shared.settings import CoreSettings
from shared.transport.kafka_topics import create_topics
from tests.load.clock_rows import bring_near, fill, vacuum
from tests.load.cores import cpu_seconds, resident_megabytes, started_on
from tests.load.figures import Figure
from tests.load.measure_submit import wait_ready
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.support.platforms import Mailbox, running_mailbox
from tests.support.servers import PROFILE

FOUND_GOAL_MS = 1_000.0
BURST_GOAL_SECONDS = 30.0
MEMORY_GOAL_MEGABYTES = 50.0
_APART_SECONDS = 0.05
_MOST_PROBES = 400
_LONGEST_BURST = 300.0
_LOOK_SECONDS = 0.2
_PREPARED_A_SECOND = 4_000
# A level is written with the miss that it is told of, and never touched again: its transaction is
# the one that fired. Outbox rows are marked when they are published.
_LATENESS = text(
    """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(e.xmin) - c.due_at)
    FROM escalation e JOIN clock c USING (clock_id) WHERE e.level = 1 AND c.due_at >= :since
    """
)
_FIRED = text("SELECT count(*) FROM escalation WHERE level = 1")
_DUE = text("SELECT 1 FROM clock WHERE next_fire_at <= :now LIMIT 1")
_TOLD = text(
    """
    SELECT count(*) FILTER (WHERE type LIKE '%DeadlineMissed%') AS missed,
        count(DISTINCT payload::json ->> 'clock_id') FILTER (WHERE type LIKE '%DeadlineMissed%')
            AS clocks,
        count(*) FILTER (WHERE type LIKE '%CaseEscalated%') AS levels,
        count(DISTINCT aggregateid) FILTER (WHERE type LIKE '%CaseEscalated%') AS cases
    FROM outbox
    """
)
_NOTICES = text("SELECT count(*), count(DISTINCT (clock_id, contact)) FROM notice")


class ClocksFailed(RuntimeError):
    """Something fired twice, or not at all: then a speed says nothing."""


async def measure_clocks(rig: Rig, plan: Plan) -> list[Figure]:
    """Fill, probe, and let a burst fall due while one of two replicas is killed."""
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(running_mailbox())
        bench = await stack.enter_async_context(_prepared(rig, plan, mailbox))
        probes = min(_MOST_PROBES, plan.due // 50)
        waits = await bench.probe(probes)
        seconds, growth, left_by_killed = await bench.burst()
        await bench.check(probes + plan.due)
    kinds = f"{plan.clocks:,} run"
    return [
        Figure(
            "clocks-found",
            "clocks: due → fired, p99",
            "ms",
            (quantiles(waits, n=100)[-1] * 1e3,),
            goal=FOUND_GOAL_MS,
            better="less",
            note=f"{kinds}, one due every {_APART_SECONDS * 1e3:.0f} ms, {probes} of them",
        ),
        Figure(
            "clocks-burst",
            "clocks: a burst fires",
            "s",
            (seconds,),
            goal=BURST_GOAL_SECONDS,
            better="less",
            note=(
                f"{plan.due:,} due at once, each fired once; one of two replicas was killed when "
                f"{left_by_killed:,} had fired; {len(mailbox.letters):,} letters to staff"
            ),
        ),
        Figure(
            "clocks-memory",
            "clocks: memory a burst adds",
            "MB",
            (growth,),
            goal=MEMORY_GOAL_MEGABYTES,
            better="less",
            note="the surviving replica, resident, the most seen over what it had before",
        ),
    ]


class _Replica:
    """One process of sla."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.most_megabytes = 0.0

    @property
    def megabytes(self) -> float:
        return resident_megabytes(self.process.pid)

    async def watch(self) -> None:
        """Note the most memory that is seen, until cancelled."""
        while True:
            self.most_megabytes = max(self.most_megabytes, self.megabytes)
            await asyncio.sleep(_LOOK_SECONDS)

    async def end(self, *, kill: bool = False) -> None:
        with suppress(ProcessLookupError):
            self.process.kill() if kill else self.process.terminate()
        await self.process.wait()


class _ClockBench:
    def __init__(self, database: Database, plan: Plan, replicas: list[_Replica]) -> None:
        self._database = database
        self._plan = plan
        self._replicas = replicas

    async def probe(self, count: int) -> list[float]:
        """Let clocks fall due one after the other; returns how late each fired, in seconds."""
        first = SystemClock().now() + timedelta(seconds=3)
        await bring_near(self._database, count, first, seconds_apart=_APART_SECONDS)
        await _sleep_until(first + timedelta(seconds=count * _APART_SECONDS))
        await self._wait_for_all()
        rows = await self._rows(_LATENESS, since=first)
        waits = [float(row[0]) for row in rows]
        self._plan.say(f"clocks: {len(waits)} probes, latest {max(waits) * 1e3:.0f} ms")
        return waits

    async def burst(self) -> tuple[float, float, int]:
        """Let many fall due at once and kill a replica midway.

        Returns the seconds until the last one fired, the MB by which the other replica grew, and
        how many had fired when the first was killed.
        """
        due = self._plan.due
        at = SystemClock().now() + timedelta(seconds=5 + due / _PREPARED_A_SECOND)
        await bring_near(self._database, due, at)
        await vacuum(self._database)
        if SystemClock().now() > at:
            raise ClocksFailed("preparing the burst took longer than its moment was away")
        before = await self._fired()
        killed, other = self._replicas
        calm, used = other.megabytes, cpu_seconds(other.process.pid)
        await _sleep_until(at)
        most = asyncio.create_task(other.watch())
        fired = 0
        while fired < due // 10:
            await asyncio.sleep(_LOOK_SECONDS / 4)
            fired = await self._fired() - before
        await killed.end(kill=True)
        await self._wait_for_all()
        most.cancel()
        with suppress(asyncio.CancelledError):
            await most
        rows = await self._rows(_LATENESS, since=at)
        seconds = max(float(row[0]) for row in rows)
        processor = cpu_seconds(other.process.pid) - used
        growth = other.most_megabytes - calm
        self._plan.say(
            f"clocks: {due:,} fired in {seconds:.1f} s, one replica killed at {fired:,}, the other "
            f"used {processor:.1f} s of processor"
        )
        return seconds, growth, fired

    async def check(self, expected: int) -> None:
        """Raise ClocksFailed unless each clock was missed once, and told of once to each."""
        told = (await self._rows(_TOLD))[0]
        if set(told) != {expected}:
            raise ClocksFailed(f"{expected} were due, and were told of: {tuple(told)}")
        notices = (await self._rows(_NOTICES))[0]
        if set(notices) != {2 * expected}:
            raise ClocksFailed(f"of {expected} clocks there are notices: {tuple(notices)}")

    async def _fired(self) -> int:
        found: int = (await self._rows(_FIRED))[0][0]
        return found

    async def _wait_for_all(self) -> None:
        async with asyncio.timeout(_LONGEST_BURST):
            due: list[Any] = [None]
            while due:
                await asyncio.sleep(_LOOK_SECONDS)
                due = await self._rows(_DUE, now=SystemClock().now())

    async def _rows(self, statement: Any, **values: Any) -> list[Any]:
        async with self._database.transaction() as connection:
            return list((await connection.execute(statement, values)).all())


async def _sleep_until(at: datetime) -> None:
    await asyncio.sleep(max((at - SystemClock().now()).total_seconds(), 0))


@asynccontextmanager
async def _prepared(rig: Rig, plan: Plan, mailbox: Mailbox) -> AsyncIterator[_ClockBench]:
    """Fill sla's database, and run two replicas on it."""
    name = database_name("sla")
    await asyncio.to_thread(rig.postgres.create_database, name)
    core = CoreSettings(home=rig.root, kafka_bootstrap=rig.kafka.bootstrap)
    core, settings = settle_settings(core, ["sla"], rig.postgres)
    await create_topics(rig.kafka.bootstrap, 1)
    await migrate("sla", settings["sla"].database_url)
    await load_profile(PROFILE, settings)
    database = Database(rig.superuser_url(name))
    replicas: list[_Replica] = []
    try:
        # On an empty database first: a service that finds cases there when it starts the first
        # time looks through all of them for clocks that its calendars would move.
        url = settings["sla"].database_url
        replicas += [await _start(rig, url, mailbox, number) for number in (1, 2)]
        await fill(database, plan.clocks)
        plan.say(f"clocks: {plan.clocks:,} stored")
        yield _ClockBench(database, plan, replicas)
    finally:
        for replica in replicas:
            await replica.end()
        await database.close()


async def _start(rig: Rig, url: str, mailbox: Mailbox, number: int) -> _Replica:
    port = free_port()
    environment = {
        "PATH": sys.exec_prefix,
        "TANGGAP_HOST": HOST,
        "TANGGAP_PORT": str(port),
        "TANGGAP_HOME": str(rig.root),
        "TANGGAP_LOG_LEVEL": "WARNING",
        "TANGGAP_INSTANCE": str(number),
        "TANGGAP_KAFKA_BOOTSTRAP": rig.kafka.bootstrap,
        "TANGGAP_SLA_DATABASE_URL": url,
        "TANGGAP_SEND_SMTP_HOST": HOST,
        "TANGGAP_SEND_SMTP_PORT": str(mailbox.port),
        "TANGGAP_SEND_SMTP_SECURITY": "none",
        "TANGGAP_SEND_MAIL_FROM": "Kota Contoh Raya <lapor@contoh.example>",
    }
    with started_on(rig.cores.server):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "serve", "sla", env=environment
        )
    replica = _Replica(process)
    await wait_ready(port, "/sla/readyz", 60)
    return replica
