"""Whole cases with a million stored: how many a second, and a spike from 1 to 100 a second.

Five processes, Kafka, Postgres and the load itself share all cores, as design asks for.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Final

from sqlalchemy import TextClause, text

from services.deployment import database_name
from shared.clock import SystemClock
from shared.contracts.topics import ServiceName
from shared.database import Database
from shared.embedded.postgres import SUPERUSER
from tests.load.client import at_rate, in_turn
from tests.load.cores import cpu_seconds, family_cpu_seconds, started_on
from tests.load.figures import Figure
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.load.stored_cases import store_cases
from tests.load.whole_case import STEPS, CasePlayer, Played
from tests.support.stack import Stack, running_stack

GOAL: Final = 50.0
CLIENTS: Final = 32
SPIKE_RATES: Final = (1.0, 100.0)
_LIVED: Final = 200
_LIVED_CLIENTS: Final = 8
_PRODUCTION_GAUGE_SECONDS: Final = 15.0
_REST_SECONDS: Final = 120

_CASES: Final = text("SELECT complaint_id::text FROM cases WHERE state = 'resolved'")
# The projection of intake and the clocks of sla follow routing; at rest all three say the same.
_RESOLVED: Final[Mapping[ServiceName, TextClause]] = {
    "routing": text("SELECT count(*) FROM cases WHERE state = 'resolved'"),
    "intake": text("SELECT count(*) FROM complaint WHERE state = 'resolved'"),
    "sla": text("SELECT count(*) FROM clock WHERE state = 'running' AND stage = 'closing'"),
}


class NotAtRest(RuntimeError):
    """Some service did not follow in time."""


async def measure_whole_case(rig: Rig, plan: Plan) -> list[Figure]:
    """Store the cases, then play whole cases in a closed loop, then as a spike."""
    async with AsyncExitStack() as stack:
        with started_on(rig.cores.server | rig.cores.others):
            system = await stack.enter_async_context(
                running_stack(rig.root, gauge_seconds=_PRODUCTION_GAUGE_SECONDS)
            )
        player = CasePlayer(system)
        stack.callback(player.close)
        took = await _store(rig, system, player, plan)
        loop, rest = await _closed_loop(system, player, plan)
        spikes = [await _spike(player, rate, plan) for rate in SPIKE_RATES]
    note = f"{plan.cases:,} cases stored in {took:.0f} s"
    return [
        Figure(
            "whole_case",
            "whole cases",
            "cases/s",
            (loop.rate,),
            goal=GOAL,
            note=f"{note}; {CLIENTS} clients; {_times(loop.played)}; errors"
            f" {loop.played.errors.total()} {loop.played.first_error}; processor ms a case:"
            f" {loop.processor}; at rest {rest:.1f} s after the last",
        ),
        Figure(
            "whole_case_spike_errors",
            f"errors in a spike of whole cases, {SPIKE_RATES[0]:g} to {SPIKE_RATES[-1]:g}/s",
            "errors",
            (float(sum(each.errors.total() for each in spikes)),),
            goal=0,
            better="less",
            note="; ".join(
                f"{rate:g}/s: {each.finished:,} cases, {each.requests:,} requests,"
                f" {each.errors.total()} errors, asked again {each.asked_again:,},"
                f" {_times(each)} {each.first_error}"
                for rate, each in zip(SPIKE_RATES, spikes, strict=True)
            ),
        ),
        Figure(
            "whole_case_spike_longest",
            "slowest request in that spike",
            "s",
            (max(each.longest for each in spikes),),
            goal=5,
            better="less",
        ),
    ]


async def _store(rig: Rig, system: Stack, player: CasePlayer, plan: Plan) -> float:
    """Let some cases live to their end, and copy them; returns the seconds that it took."""
    began = perf_counter()
    played = await _live(player, min(_LIVED, plan.cases))
    if played.errors:
        raise NotAtRest(f"{dict(played.errors)}: {played.first_error}")
    database = Database(system.databases["routing"])
    try:
        async with database.transaction() as connection:
            cases = [row[0] for row in await connection.execute(_CASES)]
    finally:
        await database.close()
    for complaint_id in cases:
        await player.close_case(complaint_id)
    await _wait_rest(system)
    # Connections rest while the cases are stored, and the server closes them.
    player.close()
    databases = {name: rig.postgres.dsn(database_name(name), SUPERUSER) for name in _RESOLVED}
    await store_cases(databases, plan.cases, SystemClock().now(), plan)
    return perf_counter() - began


async def _live(player: CasePlayer, count: int) -> Played:
    played = Played()
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            await player.play(played)

    await asyncio.gather(*(client() for _ in range(_LIVED_CLIENTS)))
    return played


@dataclass(frozen=True, slots=True)
class _Loop:
    """What was played in a closed loop, how fast, and what each process spent on a case."""

    played: Played
    rate: float
    processor: str


async def _closed_loop(system: Stack, player: CasePlayer, plan: Plan) -> tuple[_Loop, float]:
    """Play for so long; returns what it brought, and the seconds until all was at rest."""
    await in_turn(CLIENTS, _job(player, Played()), seconds=plan.warm_up_seconds)
    before = _spent(system)
    played = Played()
    began = perf_counter()
    await in_turn(CLIENTS, _job(player, played), seconds=plan.case_seconds)
    seconds = perf_counter() - began
    rest = await _wait_rest(system)
    processor = ", ".join(
        f"{name} {(spent - before[name]) / max(1, played.finished) * 1e3:.1f}"
        for name, spent in _spent(system).items()
    )
    plan.say(f"whole case: {played.finished / seconds:.1f}/s, errors {dict(played.errors)}")
    return _Loop(played, played.finished / seconds, processor), rest


def _spent(system: Stack) -> dict[str, float]:
    """Return the processor seconds that each process has used so far."""
    pids = {"kafka": system.kafka.pid or 0, **system.supervisor.pids(), "load": os.getpid()}
    spent = {"postgres": family_cpu_seconds(system.postgres.pid or 0)}
    return spent | {name: cpu_seconds(pid) for name, pid in pids.items()}


async def _spike(player: CasePlayer, rate: float, plan: Plan) -> Played:
    player.close()
    played = Played()
    await at_rate(rate, _job(player, played), seconds=plan.spike_seconds)
    plan.say(
        f"spike at {rate:g}/s: {played.finished:,} cases, errors {dict(played.errors)},"
        f" slowest {played.longest:.2f} s"
    )
    return played


def _job(player: CasePlayer, played: Played) -> Callable[[int], Awaitable[None]]:
    async def job(_number: int) -> None:
        await player.play(played)

    return job


async def _wait_rest(system: Stack) -> float:
    """Wait until intake and sla know what routing did; returns the seconds, raises NotAtRest."""
    began = perf_counter()
    async with AsyncExitStack() as stack:
        databases = {name: Database(system.databases[name]) for name in _RESOLVED}
        for database in databases.values():
            stack.push_async_callback(database.close)
        while True:
            counts = {name: await _resolved(name, databases[name]) for name in databases}
            if len(set(counts.values())) == 1:
                return perf_counter() - began
            if perf_counter() - began > _REST_SECONDS:
                raise NotAtRest(f"resolved cases, by service: {counts}")
            await asyncio.sleep(0.2)


async def _resolved(name: ServiceName, database: Database) -> int:
    async with database.transaction() as connection:
        return int((await connection.execute(_RESOLVED[name])).scalar_one())


def _times(played: Played) -> str:
    return "ms p50/p99: " + ", ".join(
        f"{step} {median(times) * 1e3:.0f}/{quantiles(times, n=100)[98] * 1e3:.0f}"
        for step in STEPS
        if len(times := played.seconds[step]) > 1
    )
