"""`tanggap marketplace`: the demonstration's stalls, and codes that a person hands over."""

import asyncio
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


@pytest.fixture
async def url(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Return marketplace's database with the profile; the commands of this test use it."""
    found = await databases.fresh("marketplace")
    settings = settings_of("marketplace", core=CoreSettings(home=tmp_path), database_url=found)
    await load_profile(PROFILE, {"marketplace": settings})
    monkeypatch.setenv("TANGGAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TANGGAP_MARKETPLACE_DATABASE_URL", found)
    # Not used; it keeps the command from starting a Postgres for the in-process bus.
    monkeypatch.setenv("TANGGAP_BUS_DATABASE_URL", found)
    monkeypatch.setenv("COLUMNS", "200")
    return found


async def counted(url: str, table: str) -> int:
    """Count the rows of a table."""
    database = Database(url)
    async with database.transaction() as connection:
        found = await connection.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
        number = int(found.scalar_one())
    await database.close()
    return number


def run(*words: str) -> tuple[int, str]:
    """Run a command in a thread's stead: it makes an event loop of its own."""
    result = CliRunner().invoke(app, ["marketplace", *words])
    return result.exit_code, result.output


async def test_the_demonstration_is_played_once(url: str) -> None:
    for _ in range(2):
        code, said = await asyncio.to_thread(run, "demo", "--profile", str(PROFILE))
        assert code == 0, said
        assert "Keripik Bu Contoh: http" in said
        assert await counted(url, "listing") == 6
        assert await counted(url, "trader") == 3


async def test_a_code_is_handed_over(url: str) -> None:
    code, said = await asyncio.to_thread(run, "code", "0812 0000 0077")
    assert code == 0, said
    assert await counted(url, "one_time_code") == 1
    code, said = await asyncio.to_thread(run, "code", "021 555")
    assert code == 1
    assert "Isian belum benar" in said
