"""The audit log and the daily roots: nothing in them can be changed unseen."""

import asyncio
import json
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from services.intake.operations.auditing import record
from services.intake.operations.proving import Flaw, count_links, find_flaw
from services.intake.operations.rooting import close_days
from shared.auth import Role
from tests.service.intake.driver import REPORTER, Driver, Lodged

ZONE = ZoneInfo("Asia/Jakarta")
#: The system's clock starts at 09:00 of this day in Jakarta.
DAY = date(2026, 3, 9)


async def _note(intake: Driver, what: str = "person_exported", **details: Any) -> None:
    async with intake.doors.units.begin() as unit:
        record(unit, "auditor-1", what, "complaint:x", reason="Permintaan warga.", **details)


async def _close(intake: Driver) -> int:
    return await close_days(intake.doors.units, ZONE)


async def _flaw(intake: Driver) -> Flaw | None:
    async with intake.system.service("intake").database.transaction() as connection:
        return await find_flaw(connection)


async def _roots(intake: Driver, query: str = "") -> list[dict[str, Any]]:
    answer = await intake.client.get(f"/intake/v1/audit/roots{query}")
    assert answer.status_code == 200
    roots: list[dict[str, Any]] = answer.json()["roots"]
    return roots


async def _proof(intake: Driver, lodged: Lodged) -> dict[str, Any]:
    answer = await intake.client.get(f"{lodged.path}/proof", headers=lodged.key)
    assert answer.status_code == 200, answer.text
    proof: dict[str, Any] = answer.json()
    return proof


def _advance(intake: Driver, **by: float) -> None:
    intake.system.clock.advance(timedelta(**by))


async def test_a_day_is_closed_an_hour_after_its_midnight_in_the_pemdas_zone(
    alone: Driver,
) -> None:
    await alone.lodge()
    _advance(alone, hours=15, minutes=59)
    await _close(alone)
    assert await _roots(alone) == []
    _advance(alone, minutes=1)
    await _close(alone)
    assert await _close(alone) == 0
    (root,) = await _roots(alone)
    assert root["day"] == DAY.isoformat()
    assert root["complaints"] == 1


async def test_each_complaint_is_of_the_day_on_which_it_was_lodged(alone: Driver) -> None:
    # 23:59:59 and 00:00:00 in Jakarta.
    _advance(alone, hours=14, minutes=59, seconds=59)
    before = await alone.lodge("Sebelum tengah malam.")
    _advance(alone, seconds=1)
    after = await alone.lodge("Tepat tengah malam.")
    _advance(alone, days=2)
    await _close(alone)
    assert (await _proof(alone, before))["root"]["day"] == "2026-03-09"
    assert (await _proof(alone, after))["root"]["day"] == "2026-03-10"


async def test_days_without_anything_are_closed_too_and_chained(alone: Driver) -> None:
    await alone.lodge()
    _advance(alone, days=4)
    await _close(alone)
    roots = list(reversed(await _roots(alone)))
    assert [root["complaints"] for root in roots] == [1, 0, 0, 0]
    assert roots[0]["previous"] == "00" * 32
    for before, after in pairwise(roots):
        assert after["previous"] == before["root"]
    assert roots[1]["complaint_root"] == sha256(b"").hexdigest()
    assert await _flaw(alone) is None
    assert [each["day"] for each in await _roots(alone, "?limit=2")] == ["2026-03-12", "2026-03-11"]
    assert [each["day"] for each in await _roots(alone, "?before=2026-03-10")] == ["2026-03-09"]


async def test_nothing_ever_lodged_is_nothing_to_close(alone: Driver) -> None:
    _advance(alone, days=400)
    assert await _close(alone) == 0
    assert await _flaw(alone) is None


async def test_two_that_close_at_once_close_each_day_once(alone: Driver) -> None:
    await alone.lodge()
    _advance(alone, days=6)
    done = await asyncio.gather(*(_close(alone) for _ in range(4)))
    assert sum(done) <= 6
    assert len(await _roots(alone)) == 6
    assert await _flaw(alone) is None


async def test_what_a_wrong_clock_dated_back_is_of_the_next_day_closed(alone: Driver) -> None:
    await alone.lodge()
    _advance(alone, days=2)
    await _close(alone)
    _advance(alone, days=-1)
    late = await alone.lodge("Jamnya mundur.")
    _advance(alone, days=3)
    await _close(alone)
    assert (await _proof(alone, late))["root"]["day"] == "2026-03-11"
    assert await _flaw(alone) is None


async def test_a_citizen_proves_when_and_in_which_words_they_complained(alone: Driver) -> None:
    form = {"title": "Lampu", "location": {"address": "Gang Delima"}, "reporter": REPORTER}
    mine = await alone.lodge("Lampu padam.", **form)
    for number in range(6):
        await alone.lodge(f"Laporan lain {number}.")
    early = await alone.client.get(f"{mine.path}/proof", headers=mine.key)
    assert early.status_code == 409
    _advance(alone, days=1)
    await _close(alone)
    proof = await _proof(alone, mine)
    # As docs/audit.md says, with nothing of the product's.
    said = [
        mine.complaint_id,
        mine.answer["submitted_at"],
        proof["salt"],
        "Lampu",
        "Lampu padam.",
        "Gang Delima",
    ]
    assert proof["receipt"] == _json_hash(said)
    found = sha256(b"\0" + bytes.fromhex(proof["receipt"])).digest()
    for step in proof["path"]:
        beside = bytes.fromhex(step["hash"])
        pair = beside + found if step["side"] == "left" else found + beside
        found = sha256(b"\1" + pair).digest()
    root = proof["root"]
    assert found.hex() == root["complaint_root"]
    assert root["complaints"] == 7
    assert root["root"] == _json_hash(
        [
            root["previous"],
            root["day"],
            root["complaints"],
            root["complaint_root"],
            root["audit_entries"],
            root["audit_hash"],
            root["closed_at"],
        ]
    )
    assert root in await _roots(alone)
    assert mine.secret not in json.dumps(proof)


def _json_hash(content: list[Any]) -> str:
    return sha256(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


async def test_a_proof_is_for_whoever_has_the_secret(intake: Driver) -> None:
    mine, other = await intake.lodge(), await intake.lodge()
    for headers in ({}, other.key):
        answer = await intake.client.get(f"{mine.path}/proof", headers=headers)
        assert answer.status_code == 403


async def test_a_receipt_stays_what_it_was_when_words_and_person_are_gone(alone: Driver) -> None:
    mine = await alone.lodge(reporter=REPORTER)
    _advance(alone, days=1)
    await _close(alone)
    before = await _proof(alone, mine)
    asked = await alone.say(mine, "erasure", {})
    done = await alone.client.post(
        f"/intake/v1/staff/subject-requests/{asked.json()['request_id']}/fulfil",
        json={"reason": "Permintaan pelapor."},
        headers=alone.system.staff(Role.TRIAGE),
    )
    assert done.status_code == 200
    assert await _proof(alone, mine) == before
    assert await _flaw(alone) is None


async def test_an_entry_and_what_it_tells_of_commit_together_or_not_at_all(alone: Driver) -> None:
    async def fail() -> None:
        async with alone.doors.units.begin() as unit:
            record(unit, "a", "person_exported", "complaint:x")
            raise RuntimeError("crash before the commit")

    with pytest.raises(RuntimeError):
        await fail()
    await asyncio.gather(*(_note(alone, number=number) for number in range(20)))
    rows = await alone.rows("SELECT seq FROM audit_entry ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, 21))
    assert await _flaw(alone) is None


@pytest.fixture
async def history(alone: Driver) -> Driver:
    """Three days with entries and complaints, closed, and one that is not."""
    for day in range(4):
        for number in range(3):
            await _note(alone, number=day * 3 + number)
            await alone.lodge(f"Laporan {day} {number}.")
        _advance(alone, days=1)
        if day < 3:
            await _close(alone)
    assert await _flaw(alone) is None
    return alone


_HASH = "sha256('x')"
_DAY = "day = '2026-03-10'"


def _set(table: str, column: str, value: str, where: str = "true") -> str:
    return f"UPDATE {table} SET {column} = {value} WHERE {where}"  # noqa: S608 - this file's own


#: What is done to the database, and where the first flaw is found.
TAMPERING = [
    *(
        (_set("audit_entry", column, value, f"seq = {seq}"), f"entri {seq}")
        for seq in (1, 6, 12)
        for column, value in (
            ("at", "at + interval '1 microsecond'"),
            ("actor", "'orang-lain'"),
            ("action", "'x'"),
            ("object", "'complaint:y'"),
            ("reason", "NULL"),
            ("reason", "'lain'"),
            ("details", "'{}'"),
            ("prev_hash", _HASH),
            ("hash", _HASH),
        )
    ),
    ("DELETE FROM audit_entry WHERE seq = 5", "entri 5"),
    ("DELETE FROM audit_entry WHERE seq = 1", "entri 1"),
    ("DELETE FROM audit_entry WHERE seq = 12", "entri 12"),
    ("DELETE FROM audit_entry", "entri 1"),
    (_set("audit_entry", "seq", "99", "seq = 12"), "entri 12"),
    (_set("audit_head", "seq", "11"), "entri 13"),
    (_set("audit_head", "hash", _HASH), "entri 13"),
    *(
        (_set("daily_root", column, value, _DAY), "hari 2026-03-10")
        for column, value in (
            ("complaints", "4"),
            ("complaint_root", _HASH),
            ("audit_seq", "5"),
            ("audit_hash", _HASH),
            ("previous", _HASH),
            ("root", _HASH),
            ("closed_at", "closed_at + interval '1 second'"),
        )
    ),
    (_set("daily_root", "day", "'2026-04-01'", _DAY), "hari 2026-03-11"),
    ("DELETE FROM daily_root WHERE day = '2026-03-10'", "hari 2026-03-11"),
    ("DELETE FROM daily_root WHERE day = '2026-03-11'", "hari 2026-03-11"),
    ("DELETE FROM root_leaf WHERE day = '2026-03-10' AND place = 2", "hari 2026-03-10"),
    (_set("root_leaf", "place", "9", f"{_DAY} AND place = 0"), "hari 2026-03-10"),
    (_set("root_leaf", "digest", _HASH, f"{_DAY} AND place = 1"), "hari 2026-03-10"),
    (_set("complaint", "digest", _HASH, "text = 'Laporan 1 1.'"), "hari 2026-03-10"),
    (_set("complaint", "digest", "NULL", "text = 'Laporan 1 1.'"), "hari 2026-03-10"),
]


async def test_tampering_with_any_row_or_field_is_found(history: Driver) -> None:
    database = history.system.service("intake").database
    for statement, where in TAMPERING:
        async with database.engine.connect() as connection:
            changed = await connection.execute(text(statement))
            assert changed.rowcount, statement
            flaw = await find_flaw(connection)
            assert flaw is not None, statement
            assert flaw.where == where, (statement, flaw)
            await connection.rollback()
    assert await _flaw(history) is None


async def test_whoever_rewrites_the_whole_log_is_found_by_the_day_that_was_closed(
    history: Driver,
) -> None:
    database = history.system.service("intake").database
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM audit_entry"))
        await connection.execute(
            text("UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')")
        )
    for number in range(12):
        await _note(history, "innocent", number=number)
    flaw = await _flaw(history)
    assert flaw is not None
    assert flaw.where == "hari 2026-03-09"


async def test_the_checker_counts_what_it_looks_at(history: Driver) -> None:
    seen: list[int] = []
    async with history.system.service("intake").database.transaction() as connection:
        assert await find_flaw(connection, seen.append) is None
        assert sum(seen) == await count_links(connection) == 12 + 3


@pytest.mark.parametrize("query", ["?limit=0", "?limit=367", "?before=x", "?before=%00"])
async def test_a_bad_question_for_roots_is_refused(intake: Driver, query: str) -> None:
    assert (await intake.client.get(f"/intake/v1/audit/roots{query}")).status_code == 422


async def test_the_days_plan_reads_no_complaint_of_other_days(alone: Driver) -> None:
    async with alone.system.service("intake").database.transaction() as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.exec_driver_sql(
            "EXPLAIN SELECT complaint_id FROM complaint WHERE submitted_at >= $1",
            (datetime(2026, 3, 9, tzinfo=ZONE),),
        )
        assert "complaint_age" in "\n".join(row[0] for row in plan)
