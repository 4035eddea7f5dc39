"""`tanggap bank import` as a city runs it: a process of its own, which may be killed."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from services.all_in_one import settings_of
from services.cli import app
from services.deployment import load_profile
from shared.database import Database
from shared.settings import CoreSettings
from tests.support.servers import PROFILE, Databases

ROWS = 4_000


@pytest.fixture
async def intake_url(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Return intake's database with the profile; the commands of this test use it."""
    url = await databases.fresh("intake")
    core = CoreSettings(home=tmp_path)
    await load_profile(PROFILE, {"intake": settings_of("intake", core=core, database_url=url)})
    monkeypatch.setenv("TANGGAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TANGGAP_INTAKE_DATABASE_URL", url)
    # Not used; it keeps the command from starting a Postgres for the in-process bus.
    monkeypatch.setenv("TANGGAP_BUS_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    return url


async def counted(url: str) -> int:
    """Return how many entries the bank has."""
    database = Database(url)
    async with database.transaction() as connection:
        found = await connection.execute(text("SELECT count(*) FROM bank_entry"))
        number = int(found.scalar_one())
    await database.close()
    return number


def write_log(path: Path, rows: int) -> None:
    """Write a log with a row in each hundred that says no time."""
    lines = (
        f"{'' if number % 100 == 7 else '2025-01-01 08:00'},Laporan lama nomor {number}"
        for number in range(rows)
    )
    path.write_text("\n".join(["waktu,isi", *lines]))


def command(log: Path) -> list[str]:
    """Return the words of an import."""
    return ["bank", "import", str(log), "--column", "submitted_at=waktu", "--column", "text=isi"]


async def test_a_killed_import_is_completed_by_the_next(intake_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    write_log(log, ROWS)
    started = subprocess.Popen(  # noqa: ASYNC220, S603 - our own command, to be killed
        [sys.executable, "-m", "services.cli", *command(log)],
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not await counted(intake_url) and started.poll() is None:
        assert time.monotonic() < deadline
    started.kill()
    started.wait()
    before = await counted(intake_url)
    assert 0 < before <= ROWS

    said = await asyncio.to_thread(CliRunner().invoke, app, command(log))
    assert said.exit_code == 0, said.output
    assert await counted(intake_url) == ROWS - ROWS // 100
    assert f"{ROWS // 100} refused" in said.output
    report = (tmp_path / "log.csv.refused.csv").read_text().splitlines()
    assert len(report) == ROWS // 100 + 1
    assert report[1].startswith("9,")
    assert "Laporan lama" not in "".join(report)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--column", "isi"], "write one of"),
        (["--column", "apa=isi"], "write one of"),
        (["--opd", "Dinas X=TIDAKADA"], "has no OPD TIDAKADA"),
        ([], "has no column text, submitted_at"),
    ],
)
async def test_a_wrong_word_is_explained(
    intake_url: str, tmp_path: Path, words: list[str], said: str
) -> None:
    del intake_url
    log = tmp_path / "log.csv"
    write_log(log, 1)
    answer = await asyncio.to_thread(CliRunner().invoke, app, ["bank", "import", str(log), *words])
    assert answer.exit_code == 2
    assert said in " ".join(answer.output.split())
