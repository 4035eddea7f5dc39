"""`tanggap register import` as an OPD runs it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.all_in_one import settings_of
from services.cli import app
from services.deployment import load_profile
from shared.settings import CoreSettings
from tests.service.intake.papers import make_profile
from tests.support.servers import Databases


@pytest.fixture
async def command(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[str]:
    """Return the words of an import into intake's database with a register in its profile."""
    url = await databases.fresh("intake")
    core = CoreSettings(home=tmp_path)
    settings = settings_of("intake", core=core, database_url=url)
    await load_profile(make_profile(tmp_path), {"intake": settings})
    monkeypatch.setenv("TANGGAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TANGGAP_INTAKE_DATABASE_URL", url)
    # Not used; it keeps the command from starting a Postgres for the in-process bus.
    monkeypatch.setenv("TANGGAP_BUS_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    file = tmp_path / "papan.csv"
    file.write_text("Nomor izin,jenis,lat,lon\nA-1,papan,-7.6,111.5\nA-2,rumah,,\n")
    return ["register", "import", str(file), "--register"]


def test_a_file_is_taken_in_once(command: list[str]) -> None:
    first = CliRunner().invoke(app, [*command, "papan"])
    assert first.exit_code == 0, first.output
    assert "1 added, 0 changed, 0 were there already, 1 refused" in first.output
    assert "line 3: jenis: pilih salah satu" in first.output
    again = CliRunner().invoke(app, [*command, "papan", "--opd", "DPMPTSP"])
    assert "0 added, 0 changed, 1 were there already" in again.output


@pytest.mark.parametrize("words", [["tidak-ada"], ["papan", "--opd", "DLH"]])
def test_what_cannot_be_is_refused(command: list[str], words: list[str]) -> None:
    refused = CliRunner().invoke(app, [*command, *words])
    assert refused.exit_code == 2
