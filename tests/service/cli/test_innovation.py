"""`tanggap innovation` and `tanggap plan` as a city runs them, on a database of survey's."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from services.all_in_one import settings_of
from services.cli import app
from services.deployment import load_profile
from shared.database import Database
from shared.settings import CoreSettings
from tests.support.servers import PROFILE, Databases

PACKAGE = PROFILE / "demo" / "innovation-antrean-cerah.json"


@pytest.fixture
async def survey_url(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Return survey's database with the profile; the commands of this test use it."""
    url = await databases.fresh("survey")
    core = CoreSettings(home=tmp_path)
    await load_profile(PROFILE, {"survey": settings_of("survey", core=core, database_url=url)})
    monkeypatch.setenv("TANGGAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TANGGAP_SURVEY_DATABASE_URL", url)
    # Not used; it keeps the command from starting a Postgres for the in-process bus.
    monkeypatch.setenv("TANGGAP_BUS_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    return url


async def run(*words: str) -> Result:
    """Run a command away from this test's loop, for it has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def do(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run a statement on the database."""
    database = Database(url)
    async with database.transaction() as connection:
        found = await connection.execute(text(statement))
        rows = [tuple(row) for row in found] if found.returns_rows else []
    await database.close()
    return rows


async def test_a_package_is_imported_once_shown_and_exported_again(
    survey_url: str, tmp_path: Path
) -> None:
    first = await run("innovation", "import", str(PACKAGE), "--opd", "DUKCAPIL")
    assert first.exit_code == 0, first.output
    assert "Tell Pemerintah Kota Misal Jaya" in first.output
    second = await run("innovation", "import", str(PACKAGE), "--opd", "DUKCAPIL")
    assert (second.exit_code, "imported before" in second.output) == (0, True)
    [(innovation_id, stage)] = await do(survey_url, "SELECT innovation_id, stage FROM innovation")
    assert stage == "drum-up"
    out = tmp_path / "keluar.json"
    hidden = await run("innovation", "export", str(innovation_id), str(out))
    assert (hidden.exit_code, out.exists()) == (1, False)
    await do(survey_url, "UPDATE innovation SET stage = 'display', displayed_at = now()")
    shown = await run("innovation", "export", str(innovation_id), str(out))
    assert shown.exit_code == 0, shown.output
    package = json.loads(out.read_text())
    assert package["content"]["origin"]["pemda"] == "Pemerintah Kota Contoh Raya"
    assert package["content"]["title"] == json.loads(PACKAGE.read_text())["content"]["title"]


async def test_what_is_wrong_is_said_in_lines(survey_url: str, tmp_path: Path) -> None:
    package = json.loads(PACKAGE.read_text())
    package["content"]["title"] = "Judul lain"
    changed = tmp_path / "diubah.json"
    changed.write_text(json.dumps(package))
    for words, said in (
        (("innovation", "import", str(changed), "--opd", "DUKCAPIL"), "checksum"),
        (("innovation", "import", str(PACKAGE), "--opd", "XYZ"), "/opd"),
        (("innovation", "export", "bukan-nomor", str(tmp_path / "x.json")), "Periksa nomornya"),
        (("plan", "open", "2026-13"), "Tulis periode"),
        (("plan", "open", "2999-01"), "sesudah periode berakhir"),
    ):
        answer = await run(*words)
        assert answer.exit_code == 1, answer.output
        assert said in answer.output
    changed.write_text('{"schema": "lain"}')
    broken = await run("innovation", "import", str(changed), "--opd", "DUKCAPIL")
    assert (broken.exit_code, "schema" in broken.output) == (1, True)
    assert await do(survey_url, "SELECT 1 FROM innovation") == []


async def test_plans_are_opened_once(survey_url: str) -> None:
    elements = ", ".join(f"u{n}_{s}" for n in range(1, 10) for s in range(1, 5))
    scores = ", ".join("40, 0, 0, 0" if n == 3 else "0, 0, 0, 40" for n in range(1, 10))
    await do(
        survey_url,
        "INSERT INTO tally (period, unit, service, dimension, value, answers, sum_x, sum_xx, "  # noqa: S608
        f"{elements}) VALUES ('2020-01', 'rsud', 'rawat-jalan', 'all', 'all', 40, 0, 0, {scores})",
    )
    first, second = await run("plan", "open", "2020-01"), await run("plan", "open", "2020-01")
    assert "rsud: U3 Waktu penyelesaian" in first.output
    assert "1 plans opened" in first.output
    assert "0 plans opened" in second.output
