"""Numbers are drawn without gap and without double, whoever draws at one time and whatever fails.

`make bench` (part `numbers`) draws ten thousand; here are a thousand, by as many clients.
"""

import asyncio
import signal
import sys
from datetime import date
from random import Random

import pytest

from services.intake.operations.numbers import draw_number
from shared.catalogue.definition import Service
from shared.database import Database
from tests.load.number_drawing import draw_many
from tests.service.intake.driver import Driver
from tests.service.intake.papers import OPD, service_of

CLIENTS = 50
WANTED = 1_000


async def draw(
    driver: Driver, service: Service, day: date, series: str = "izin", opd: str = OPD
) -> str:
    async with driver.doors.units.begin() as unit:
        return await draw_number(
            unit.connection, service, series, opd, day, {"jenis": "papan", "nama": "Wagiman"}
        )


async def test_a_series_begins_anew_each_year(papers: Driver) -> None:
    service = service_of(papers)
    days = [date(2031, 12, 30), date(2031, 12, 31), date(2032, 1, 1), date(2031, 12, 31)]
    drawn = [await draw(papers, service, day) for day in days]
    assert drawn == [
        "001/DPMPTSP/XII/2031",
        "002/DPMPTSP/XII/2031",
        "001/DPMPTSP/I/2032",
        "003/DPMPTSP/XII/2031",
    ]


async def test_each_opd_has_its_own_where_the_file_says_so(papers: Driver) -> None:
    service, day = service_of(papers), date(2033, 5, 2)
    drawn = [await draw(papers, service, day, "per-opd", opd) for opd in ("DLH", "DLH", "PUPR")]
    assert drawn == ["10/DLH/papan/2033", "11/DLH/papan/2033", "10/PUPR/papan/2033"]


async def test_a_transaction_that_fails_gives_its_number_back(papers: Driver) -> None:
    service, day = service_of(papers), date(2034, 1, 9)
    first = await draw(papers, service, day)
    database = papers.doors.units.database
    async with database.engine.connect() as connection, connection.begin() as transaction:
        await draw_number(connection, service, "izin", OPD, day, {})
        await transaction.rollback()
    assert [first, await draw(papers, service, day)] == [
        "001/DPMPTSP/I/2034",
        "002/DPMPTSP/I/2034",
    ]


async def test_an_unknown_series_is_a_mistake_of_ours(papers: Driver) -> None:
    with pytest.raises(LookupError):
        await draw(papers, service_of(papers), date(2034, 1, 9), "lain")


async def test_fifty_clients_draw_without_gap_or_double_though_one_is_killed(
    papers: Driver,
) -> None:
    """Some transactions are rolled back, and a process dies with a number drawn in its hands."""
    settings = papers.system.settings["intake"]
    service = service_of(papers)
    dying = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.number_drawing",
        settings.database_url,
        service.model_dump_json(),
        stdout=asyncio.subprocess.PIPE,
    )
    assert dying.stdout is not None
    # It has drawn a number, and holds it in a transaction that will never commit.
    assert (await dying.stdout.readline()).strip() == b"drawn"
    database = Database(settings.database_url, pool_size=CLIENTS, max_overflow=0)

    async def kill_soon() -> None:
        await _until_others_wait(papers)
        dying.send_signal(signal.SIGKILL)
        await dying.wait()

    try:
        killing = asyncio.create_task(kill_soon())
        drawn = await draw_many(database, service, CLIENTS, WANTED, Random(7))  # noqa: S311 - whom to fail
        await killing
    finally:
        await database.close()
    assert sorted(int(number.split("/")[0]) for number in drawn) == list(range(1, WANTED + 1))


async def _until_others_wait(papers: Driver) -> None:
    waiting = """SELECT 1 FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    async with asyncio.timeout(30):
        while not await papers.rows(waiting):  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.01)
