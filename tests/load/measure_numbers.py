"""Numbers without gap or double: ten thousand of one series drawn by fifty clients at one time.

One transaction of ten is rolled back after it drew, and a process that holds a number is killed.
"""

import asyncio
import signal
import sys
from pathlib import Path
from random import Random
from time import perf_counter

from services.intake import profile
from shared.catalogue.blocks import Numbering
from shared.catalogue.definition import Service
from shared.database import Database
from shared.migrating import migrate
from tests.load.figures import Figure
from tests.load.measure_submit import LoadFailed
from tests.load.number_drawing import draw_many
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.support.servers import PROFILE

CLIENTS = 50
NUMBERS = 10_000
_SERIES = Numbering(series="izin", pattern="{seq}/{opd}/{year}")
_ROOT = Path(__file__).parents[2]


async def measure_numbers(rig: Rig, plan: Plan) -> list[Figure]:
    """Draw them, and fail unless each number from the first to the last was drawn once."""
    del plan
    await asyncio.to_thread(rig.postgres.create_database, "bench_numbers")
    url = rig.postgres.url("bench_numbers")
    await migrate("intake", url)
    service = profile.read(PROFILE).services[0].model_copy(update={"numbering": (_SERIES,)})
    holding = await _held(url, service)
    database = Database(url, pool_size=CLIENTS, max_overflow=0)
    try:
        began = perf_counter()
        drawing = asyncio.create_task(
            draw_many(database, service, CLIENTS, NUMBERS, Random(7))  # noqa: S311 - whom to fail
        )
        # Everybody waits for the row by then.
        await asyncio.sleep(0.2)
        holding.send_signal(signal.SIGKILL)
        await holding.wait()
        drawn = await drawing
        seconds = perf_counter() - began
    finally:
        await database.close()
    if sorted(int(number.split("/")[0]) for number in drawn) != list(range(1, NUMBERS + 1)):
        raise LoadFailed("a number is missing, or came twice")
    note = (
        f"{NUMBERS:,} without gap or double in {seconds:.1f} s; one of ten rolled back, one killed"
    )
    return [
        Figure(
            "numbers", "numbers of one series, 50 clients", "/s", (NUMBERS / seconds,), note=note
        )
    ]


async def _held(url: str, service: Service) -> asyncio.subprocess.Process:
    """Return a process that has drawn a number and never lets go of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.number_drawing",
        url,
        service.model_dump_json(),
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
    )
    if process.stdout is None or (await process.stdout.readline()).strip() != b"drawn":
        raise LoadFailed("no number was drawn")
    return process
