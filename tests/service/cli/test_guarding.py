"""`tanggap audit verify` and `tanggap retention plan`, on a database of their own."""

import asyncio

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from services.all_in_one import settings_of
from services.cli import app
from services.deployment import load_profile
from shared.database import Database
from tests.support.servers import PROFILE, Databases


@pytest.fixture
def url(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a fresh database, which the command is told of."""
    found = asyncio.run(databases.fresh("intake"))
    asyncio.run(load_profile(PROFILE, {"intake": settings_of("intake", database_url=found)}))
    monkeypatch.setenv("TANGGAP_INTAKE_DATABASE_URL", found)
    monkeypatch.setenv("COLUMNS", "200")
    return found


async def _execute(url: str, statement: str) -> None:
    database = Database(url)
    async with database.transaction() as connection:
        await connection.execute(text(statement))
    await database.close()


def test_an_intact_log_is_verified_and_a_changed_one_named(url: str) -> None:
    said = CliRunner().invoke(app, ["audit", "verify"])
    assert said.exit_code == 0, said.output
    assert "0 entri dan hari cocok" in said.output
    asyncio.run(_execute(url, "UPDATE audit_head SET seq = 1"))
    said = CliRunner().invoke(app, ["audit", "verify"])
    assert said.exit_code == 1
    assert "entri 1:" in said.output


def test_the_plan_names_every_class(url: str) -> None:
    del url
    said = CliRunner().invoke(app, ["retention", "plan", "--days", "60"])
    assert said.exit_code == 0, said.output
    for state in ("closed", "merged", "rejected", "withdrawn"):
        assert state in said.output
    assert "due in 60 days" in said.output
