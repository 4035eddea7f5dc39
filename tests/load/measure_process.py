"""Measures what needs no reference: classifying on a core, and `serve all` from start to ready."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from statistics import mean
from time import perf_counter

from shared.embedded.ports import free_port
from tests.load.cores import resident_megabytes
from tests.load.figures import Figure
from tests.load.measure_submit import wait_ready
from tests.load.plan import Plan, Side, by_count
from tests.load.rig import Rig, Worker
from tests.load.traffic import demo_texts
from tests.support.servers import PROFILE

CLASSIFY_GOAL = 2_000.0
START_GOAL_SECONDS = 5.0
MEMORY_GOAL_MEGABYTES = 350.0
_LARGEST = 1_000_000
_FIRST_START_SECONDS = 120
_CALM_SECONDS = 2.0


async def measure_classify(rig: Rig, plan: Plan) -> list[Figure]:
    """Place texts by routing's rules, on one core."""
    worker = await Worker.start(rig, "classify", {"profile": str(PROFILE)})
    try:
        side = Side(by_count(lambda count: worker.ask("classify", count=count), 500, _LARGEST))
        await side.run(0)
        await side.run(plan.warm_up_seconds)
        for number in range(1, plan.rounds + 1):
            rate = await side.measure(plan.seconds)
            plan.say(f"classify {number}/{plan.rounds}: {rate:,.0f}/s")
    finally:
        await worker.stop()
    letters = mean(len(text) for text in demo_texts())
    return [
        Figure(
            "classify",
            "classify",
            "texts/s",
            tuple(side.rates),
            goal=CLASSIFY_GOAL,
            note=f"{side.processor_median:.0f} µs of processor each, {letters:.0f} letters a text",
        )
    ]


async def measure_start(rig: Rig, plan: Plan) -> list[Figure]:
    """Start `serve all` again and again on a data directory that exists."""
    home = rig.root / "all"
    await _serve_all(home, _FIRST_START_SECONDS)
    seconds, megabytes = [], []
    for number in range(1, min(plan.rounds, 3) + 1):
        took, used = await _serve_all(home, _FIRST_START_SECONDS)
        seconds.append(took)
        megabytes.append(used)
        plan.say(f"start {number}: {took:.1f} s, {used:.0f} MB")
    return [
        Figure(
            "warm_start",
            "warm start",
            "s",
            tuple(seconds),
            goal=START_GOAL_SECONDS,
            better="less",
            note="`serve all` on data that exists, until it is ready",
        ),
        Figure(
            "memory",
            "memory",
            "MB",
            tuple(megabytes),
            goal=MEMORY_GOAL_MEGABYTES,
            better="less",
            note="`serve all`, resident, without Postgres",
        ),
    ]


async def _serve_all(home: Path, patience_seconds: float) -> tuple[float, float]:
    """Start everything in one process; returns seconds until ready, and its memory in MB."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TANGGAP_")
    }
    started = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.cli",
        "serve",
        "all",
        "--profile",
        str(PROFILE),
        env={
            **environment,
            "TANGGAP_HOME": str(home),
            "TANGGAP_PORT": str(port),
            "TANGGAP_LOG_LEVEL": "WARNING",
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await wait_ready(port, "/readyz", patience_seconds)
        took = perf_counter() - started
        await asyncio.sleep(_CALM_SECONDS)
        return took, resident_megabytes(process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
