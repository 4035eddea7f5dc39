"""Measures how long a citizen waits for "assigned": five processes, Kafka and Postgres on 2 cores.

From the 201 to the commit of intake's timeline row, whose time Postgres itself notes. It notes it
before the flush to disk, so that the time of a lone commit, taken in the same run, is added.
"""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import datetime
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit

from sqlalchemy import text

from shared.clock import SystemClock
from shared.database import Database
from shared.embedded.ports import HOST
from tests.load.cores import started_on
from tests.load.figures import Figure
from tests.load.measure_submit import check_load
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.load.submissions import Submissions
from tests.load.wire import BadAnswer, Connection, Load
from tests.support.stack import running_stack

RATE = 50
P50_GOAL_MS = 40.0
P99_GOAL_MS = 150.0
_FOLLOW_SECONDS = 30
_PROBES = 40

_SHOWN = text(
    """
    SELECT complaint_id::text, min(pg_xact_commit_timestamp(xmin))
    FROM timeline_entry WHERE kind = :kind GROUP BY complaint_id
    """
)
_UNDECIDED = text("SELECT count(*) FROM complaint WHERE state = 'received'")


class NotFollowed(RuntimeError):
    """Complaints were accepted and their timelines did not follow in time."""


async def measure_end_to_end(rig: Rig, plan: Plan) -> list[Figure]:
    """Submit at a steady rate, and see when each complaint is shown as assigned."""
    async with AsyncExitStack() as stack:
        # Five processes on one core would measure how they wait for it; the goal is set for two.
        with started_on(rig.cores.server | rig.cores.others):
            system = await stack.enter_async_context(running_stack(rig.root))
        database = Database(system.databases["intake"])
        stack.push_async_callback(database.close)
        citizens = _Citizens(urlsplit(system.base["intake"]).port or 0)
        stack.callback(citizens.close)
        await citizens.submit(plan.warm_up_seconds)
        await _wait_decided(database)
        rounds: list[list[float]] = []
        placed = accepted = 0
        for number in range(1, plan.rounds + 1):
            answered = await citizens.submit(plan.end_to_end_seconds)
            await _wait_decided(database)
            flush = await _lone_commit_seconds(database)
            waits = await _waits(database, answered, flush)
            accepted += len(answered)
            placed += len(waits)
            rounds.append(waits)
            plan.say(
                f"end to end {number}/{plan.rounds}: p50 {_p50(waits):.0f} ms,"
                f" p99 {_p99(waits):.0f} ms of {len(waits)}, lone commit {flush * 1000:.1f} ms"
            )
    return [
        Figure(
            f"end_to_end_{name}",
            f"201 → assigned, {name}",
            "ms",
            tuple(percentile(waits) for waits in rounds),
            goal=goal,
            better="less",
            note=f"at {RATE}/s; {placed:,} of {accepted:,} placed by rule, the rest with the desk",
        )
        for name, percentile, goal in (("p50", _p50, P50_GOAL_MS), ("p99", _p99, P99_GOAL_MS))
    ]


class _Citizens:
    """Submits at a steady rate, whatever the answers take (an open loop)."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Connection] = []
        self._requests = Submissions()
        self._clock = SystemClock()

    async def submit(self, seconds: float) -> dict[str, datetime]:
        """Submit for so long; returns when each complaint was answered with 201."""
        # The server closes connections that rested between two loads, perhaps just as one is used.
        self.close()
        load = Load()
        answered: dict[str, datetime] = {}
        started = perf_counter()
        tasks = []
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(max(0.0, started + number / RATE - perf_counter()))
            tasks.append(asyncio.create_task(self._submit_one(load, answered)))
        await asyncio.gather(*tasks)
        check_load(load)
        return answered

    def close(self) -> None:
        """Close all connections."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _submit_one(self, load: Load, answered: dict[str, datetime]) -> None:
        connection = self._idle.pop() if self._idle else Connection(HOST, self._port)
        try:
            answer = await connection.ask(self._requests.next_request())
            now = self._clock.now()
        except (OSError, TimeoutError, BadAnswer) as error:
            load.note(error)
        else:
            load.note(answer)
            if answer.status == 201:
                answered[json.loads(answer.body)["complaint_id"]] = now
        finally:
            self._idle.append(connection)


async def _wait_decided(database: Database) -> None:
    for _ in range(_FOLLOW_SECONDS * 10):
        async with database.transaction() as connection:
            undecided = (await connection.execute(_UNDECIDED)).scalar_one()
        if not undecided:
            return
        await asyncio.sleep(0.1)
    raise NotFollowed(f"{undecided} complaints are neither assigned nor in triage")


async def _waits(
    database: Database, answered: dict[str, datetime], flush_seconds: float
) -> list[float]:
    """Return the milliseconds from each 201 to the complaint's being shown as assigned."""
    async with database.transaction() as connection:
        rows = (await connection.execute(_SHOWN, {"kind": "assigned"})).all()
    return [
        # Shown before the 201 had arrived, it was not waited for at all.
        max(0.0, ((at - answered[complaint_id]).total_seconds() + flush_seconds) * 1000)
        for complaint_id, at in rows
        if complaint_id in answered
    ]


async def _lone_commit_seconds(database: Database) -> float:
    seconds = []
    async with database.engine.connect() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS bench_probe (n int)"))
        await connection.commit()
        for number in range(_PROBES):
            await connection.execute(text("INSERT INTO bench_probe VALUES (:n)"), {"n": number})
            started = perf_counter()
            await connection.commit()
            seconds.append(perf_counter() - started)
    return median(seconds)


def _p50(values: list[float]) -> float:
    return median(values)


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[98]
