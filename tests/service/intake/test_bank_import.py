"""Importing old logs: each row once, whatever happens meanwhile, and nobody waits for it."""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.intake.operations import bank_upkeep
from services.intake.operations.importing import ImportOutcome, import_rows
from services.intake.rules.old_logs import ColumnsMissing, Form, Row, read_rows
from tests.service.intake.bank import caught_up, found, names_of, put_in
from tests.service.intake.driver import Driver
from tests.support.servers import Databases
from tests.support.system import running_system

CSV = """\
Tanggal,Isi Laporan Awal,Instansi,Nama
23 Sep 2024,"Lampu padam,
sudah lama",DLH,
24 Sep 2024,Saya Suminten lapor got,Dinas Kota Lain,Suminten
25 Sep 2024,Saya Suminten lapor got mampet,PUPR,Suminten
kemarin,Sampah,DLH,
26 Sep 2024,,DLH,
"""
COLUMNS = {
    "submitted_at": "Tanggal",
    "text": "Isi Laporan Awal",
    "opd": "Instansi",
    "person": "Nama",
}


async def imported(
    intake: Driver,
    content: str,
    *,
    form: Form = "csv",
    columns: dict[str, str] | None = None,
    source: str = "log",
) -> ImportOutcome:
    """Import a file's content."""
    rows = read_rows(io.StringIO(content), form, columns or {})
    return await import_rows(intake.doors.units, rows, names_of(intake), source)


def many(count: int, word: str = "antrean") -> str:
    """Return a CSV of so many rows."""
    lines = (f"2025-01-01 08:00,{word} panjang nomor {number}" for number in range(count))
    return "\n".join(["submitted_at,text", *lines])


async def test_a_log_is_masked_and_what_cannot_be_is_reported_by_line(alone: Driver) -> None:
    outcome = await imported(alone, CSV, columns=COLUMNS)
    assert (outcome.stored, outcome.known) == (2, 0)
    assert [line for line, _ in outcome.refused] == [4, 6, 7]
    items = await found(alone)
    assert [each["text"] for each in items] == [
        "Saya [nama] lapor got mampet",
        "Lampu padam,\nsudah lama",
    ]
    assert not any("Suminten" in reason for _, reason in outcome.refused)


async def test_json_lines_are_read_as_well(alone: Driver) -> None:
    rows = [
        {"text": "Jalan ambles", "submitted_at": "2025-01-01T08:00:00Z", "lat": -7.6, "lon": 111.5},
        ["no object"],
        {"text": {"not": "a text"}, "submitted_at": "2025-01-01"},
    ]
    content = "\n".join([*map(json.dumps, rows), "{", "", "[" * 5000])
    outcome = await imported(alone, content, form="jsonl")
    assert outcome.stored == 1
    assert [line for line, _ in outcome.refused] == [2, 3, 4, 6]
    assert (await found(alone))[0]["lat"] == -7.6


@pytest.mark.parametrize("content", ["", "a,b\n1,2", "text;tanggal\nx;y", "\ufefftext\nx"])
async def test_a_file_without_the_columns_is_refused(content: str) -> None:
    with pytest.raises(ColumnsMissing):
        list(read_rows(io.StringIO(content), "csv", {}))


async def test_hostile_cells_are_refused_one_by_one(alone: Driver) -> None:
    lines = [
        "submitted_at,text",
        f"2025-01-01,{'x' * 1_100_000}",
        "2025-01-01,nol \0 di sini",
        "2025-01-01",
        "2025-01-01,=1+1",
        ",,,,,,,",
    ]
    outcome = await imported(alone, "\n".join(lines))
    assert outcome.stored == 1
    assert len(outcome.refused) == 4 - 1 + 0


async def test_the_same_file_twice_is_there_once(alone: Driver) -> None:
    first = await imported(alone, many(700))
    second = await imported(alone, many(700))
    assert (first.stored, first.known) == (700, 0)
    assert (second.stored, second.known) == (0, 700)
    assert await _count(alone) == 700


async def test_two_imports_at_once_store_each_row_once(alone: Driver) -> None:
    outcomes = await asyncio.gather(*(imported(alone, many(800)) for _ in range(2)))
    assert sum(each.stored for each in outcomes) == 800
    assert await _count(alone) == 800


async def test_an_import_that_broke_off_goes_on_where_it_was(alone: Driver) -> None:
    def dies_after(count: int) -> Iterator[Row]:
        for number, row in enumerate(read_rows(io.StringIO(many(1100)), "csv", {})):
            if number == count:
                raise ConnectionResetError
            yield row

    with pytest.raises(ConnectionResetError):
        await import_rows(alone.doors.units, dies_after(800), names_of(alone), "log")
    assert 0 < await _count(alone) < 1100
    again = await imported(alone, many(1100))
    assert again.stored + again.known == 1100
    assert again.known > 0
    assert await _count(alone) == 1100
    await caught_up(alone, "bank_announcement", seconds=30)
    published = await alone.rows(
        "SELECT count(DISTINCT aggregateid) AS ids, count(*) AS n FROM outbox"
    )
    assert published == [{"ids": 1100, "n": 1100}]


async def test_an_import_opens_no_case_and_is_told_of_on_its_own_topic(
    databases: Databases, tmp_path: Path
) -> None:
    async with running_system(databases, tmp_path, services=["intake", "routing", "sla"]) as system:
        intake = Driver(system)
        await put_in(intake, {"text": "Lampu jalan padam", "opd": "DISHUB", "area": "99.71.02"})
        await caught_up(intake, "bank_announcement")
        await system.settle()
        (event,) = await intake.rows("SELECT * FROM outbox")
        assert event["topic"] == "intake.archive.v1"
        assert event["aggregate_version"] == 1
        assert json.loads(event["payload"])["opd"] == "DISHUB"
        assert await system.rows("routing", "SELECT 1 FROM cases") == []
        assert await system.rows("sla", "SELECT 1 FROM clock") == []
        assert await intake.rows("SELECT 1 FROM complaint") == []


async def test_live_events_do_not_wait_behind_an_import(alone: Driver) -> None:
    await imported(alone, many(1500))
    lodged = await alone.lodge("Tolong, ini sekarang.")
    (live,) = await alone.published(lodged.complaint_id)
    # All that may still go out before it; the other imports are not even in the outbox.
    ahead = await alone.rows(
        "SELECT count(*) AS n FROM outbox WHERE seq < :seq AND published_at IS NULL",
        seq=live["seq"],
    )
    most = bank_upkeep.ENOUGH_WAITING + bank_upkeep.MOST_ANNOUNCED
    assert ahead[0]["n"] <= most
    assert await alone.rows("SELECT 1 FROM bank_announcement LIMIT 1")


async def test_without_a_relay_announcements_wait(alone: Driver) -> None:
    relay = alone.system.service("intake").relay
    assert relay is not None
    relay.stop()
    await imported(alone, many(1000))
    for _ in range(10):
        async with alone.doors.units.begin() as unit:
            await bank_upkeep.announce_imports(unit)
    (waiting,) = await alone.rows("SELECT count(*) AS n FROM outbox WHERE published_at IS NULL")
    assert waiting["n"] <= bank_upkeep.ENOUGH_WAITING + bank_upkeep.MOST_ANNOUNCED
    (left,) = await alone.rows("SELECT count(*) AS n FROM bank_announcement")
    assert left["n"] + waiting["n"] >= 1000 - bank_upkeep.MOST_ANNOUNCED


async def _count(intake: Driver) -> int:
    (row,) = await intake.rows("SELECT count(*) AS n FROM bank_entry")
    counted: int = row["n"]
    return counted
