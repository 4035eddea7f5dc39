"""`tanggap survey links` prints links that work once; `recount` counts what is there."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from services.all_in_one import settings_of
from services.cli import app
from services.deployment import load_profile
from services.survey.context import SurveyContext
from services.survey.operations.links import read_link
from services.survey.profile import read
from shared.database import Database
from shared.settings import CoreSettings
from tests.service.survey.people import KEYS, LINK_KEY
from tests.support.servers import PROFILE, Databases

RUNNER = CliRunner()


@pytest.fixture
async def survey_url(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Return survey's database with the profile; the commands of this test use it."""
    url = await databases.fresh("survey")
    core = CoreSettings(home=tmp_path)
    await load_profile(PROFILE, {"survey": settings_of("survey", core=core, database_url=url)})
    monkeypatch.setenv("TANGGAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TANGGAP_SURVEY_DATABASE_URL", url)
    monkeypatch.setenv("TANGGAP_BUS_DATABASE_URL", url)
    monkeypatch.setenv("TANGGAP_SURVEY_LINK_KEY", LINK_KEY)
    monkeypatch.setenv("COLUMNS", "200")
    return url


async def ask(url: str, statement: str) -> Any:
    database = Database(url)
    async with database.transaction() as connection:
        found = (await connection.execute(text(statement))).scalars().all()
    await database.close()
    return found


async def run(*words: str) -> Any:
    return await asyncio.to_thread(RUNNER.invoke, app, ["survey", *words])


async def test_a_batch_of_links_is_printed_and_noted(survey_url: str, tmp_path: Path) -> None:
    printed = await run("links", "dukcapil", "ktp-el", "2026-03", "3")
    assert printed.exit_code == 0, printed.output
    rows = list(csv.DictReader(io.StringIO(printed.stdout)))
    context = SurveyContext(read(PROFILE), "", KEYS)
    tokens = [row["url"].rpartition("/")[2] for row in rows]
    read_back = [read_link(context, token) for token in tokens]
    assert {each.place.service for each in read_back} == {"ktp-el"}
    assert len({each.nonce for each in read_back}) == 3
    file = tmp_path / "tautan.csv"
    where = "https://survei.contoh.example/{token}"
    written = await run(
        "links", "dukcapil", "ktp-el", "2026-03", "2", "--output", str(file), "--address", where
    )
    assert written.exit_code == 0, written.output
    assert file.read_text().count("https://survei.contoh.example/") == 2
    assert await ask(survey_url, "SELECT sent FROM invitations") == [5]


async def test_what_cannot_be_printed_is_said(
    survey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, said in (
        (("x", "ktp-el", "2026-03", "1"), "Tidak ada layanan"),
        (("dukcapil", "ktp-el", "kapan", "1"), "bukan periode"),
        (("dukcapil", "ktp-el", "2026-03", "1", "--address", "https://x.example"), "{token}"),
    ):
        refused = await run("links", *words)
        assert refused.exit_code == 2
        assert said in refused.output or "Tidak ada" in refused.output
    monkeypatch.delenv("TANGGAP_SURVEY_LINK_KEY")
    refused = await run("links", "dukcapil", "ktp-el", "2026-03", "1")
    assert (refused.exit_code, "TANGGAP_SURVEY_LINK_KEY" in refused.output) == (2, True)
    assert await ask(survey_url, "SELECT sent FROM invitations") == []


async def test_a_damaged_count_is_mended(survey_url: str) -> None:
    await ask(
        survey_url,
        """WITH p AS (INSERT INTO survey_period (period, salt) VALUES ('2026-03', 'x'))
        INSERT INTO answer (answer_id, period, unit, service, channel, answered_on, language, u1)
        SELECT gen_random_uuid(), '2026-03', 'rsud', 'rawat-jalan', 'paper', '2026-03-01', 'id', 3
        FROM generate_series(1, 7) RETURNING unit""",
    )
    unknown = await run("recount", "2026-01")
    assert unknown.exit_code == 2
    mended = await run("recount")
    assert (mended.exit_code, "2026-03" in mended.output) == (0, True)
    assert await ask(survey_url, "SELECT u1_3 FROM tally WHERE dimension = 'all'") == [7]
    assert await ask(survey_url, "SELECT sum_x FROM tally WHERE dimension = 'all'") == [7 * 7560]
