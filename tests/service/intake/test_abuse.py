"""Against abuse: limits by sender, device and network; blocks that expire; the spam mark."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.operations import blocking
from services.intake.operations.blocking import Blocking
from shared.auth import Role
from shared.ids import new_id
from tests.service.intake.driver import COMPLAINTS, Driver, Lodged
from tests.service.intake.events import Telling
from tests.support.numbers import tells_number
from tests.support.servers import Databases
from tests.support.system import running_system

BLOCKS = "/intake/v1/staff/blocks"
TEXT = "Lampu jalan padam."
HOUR = timedelta(hours=1)
WHY = "Laporan iseng berkali-kali."


@pytest.fixture
async def strict(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Driver]:
    """Run intake with small limits."""
    monkeypatch.setenv("TANGGAP_INTAKE_LIMIT_SENDER", "2 per hour")
    monkeypatch.setenv("TANGGAP_INTAKE_LIMIT_DEVICE", "3 per hour")
    monkeypatch.setenv("TANGGAP_INTAKE_LIMIT_NETWORK", "4 per hour")
    async with running_system(databases, tmp_path, services=["intake"]) as system:
        yield Driver(system)


def _phone(number: int) -> dict[str, Any]:
    return {"reporter": {"phone": f"0812-0000-{number:04d}"}}


def _desk(intake: Driver) -> dict[str, str]:
    return intake.system.staff(Role.TRIAGE, subject="meja-1")


async def _block(intake: Driver, **form: Any) -> httpx.Response:
    body = {"reason": WHY, **form}
    return await intake.client.post(BLOCKS, json=body, headers=_desk(intake))


async def _judge(
    intake: Driver, lodged: Lodged, step: str, headers: dict[str, str]
) -> httpx.Response:
    path = f"/intake/v1/staff/complaints/{lodged.complaint_id}/{step}"
    return await intake.client.post(path, json={"reason": "Iklan."}, headers=headers)


# ------------------------------------------------------------------------------------ limits


async def test_a_sender_who_writes_too_often_is_told_when_to_come_back(strict: Driver) -> None:
    for _ in range(2):
        await strict.lodge(TEXT, **_phone(1))
    refused = await strict.post({"text": TEXT, **_phone(1)})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"
    assert refused.json()["type"].endswith("too-many-requests")
    await strict.lodge(TEXT, **_phone(2))
    strict.system.clock.advance(HOUR)
    await strict.lodge(TEXT, **_phone(1))


async def test_a_device_has_a_limit_of_its_own(strict: Driver) -> None:
    async def post(device: str) -> int:
        answer = await strict.client.post(
            COMPLAINTS, json={"text": TEXT}, headers={"X-Device-Id": device}
        )
        return answer.status_code

    assert [await post("perangkat-1") for _ in range(4)] == [201, 201, 201, 429]
    assert await post("perangkat-2") == 201
    assert await post("x") == 422


async def test_a_public_address_has_a_limit_and_the_pemdas_own_has_none(strict: Driver) -> None:
    async def post(address: str) -> int:
        transport = httpx.ASGITransport(app=strict.system.app, client=(address, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return (await client.post(COMPLAINTS, json={"text": TEXT})).status_code

    assert [await post("36.68.1.2") for _ in range(5)] == [201] * 4 + [429]
    assert await post("36.68.1.3") == 201
    assert {await post("10.0.0.7") for _ in range(6)} == {201}


# ------------------------------------------------------------------------------------ blocks


async def test_a_blocked_number_is_refused_until_its_time_is_over(intake: Driver) -> None:
    made = await _block(intake, phone="0812 0000 7001", hours=24)
    assert made.status_code == 201
    (block,) = made.json()["items"]
    assert (block["kind"], block["blocked_by"], block["reason"]) == ("phone", "meja-1", WHY)
    refused = await intake.post({"text": TEXT, **_phone(7001)})
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("sender-blocked")
    assert refused.json()["until"] == block["until"]
    await intake.lodge(TEXT, **_phone(7002))
    intake.system.clock.advance(HOUR * 24)
    await intake.lodge(TEXT, **_phone(7001))


async def test_a_block_is_lifted_once(intake: Driver) -> None:
    block_id = (await _block(intake, phone="081200007003")).json()["items"][0]["block_id"]
    lifts = await asyncio.gather(
        *(intake.client.post(f"{BLOCKS}/{block_id}/lift", headers=_desk(intake)) for _ in range(2))
    )
    assert sorted(each.status_code for each in lifts) == [200, 409]
    await intake.lodge(TEXT, **_phone(7003))
    unknown = await intake.client.post(f"{BLOCKS}/{new_id()}/lift", headers=_desk(intake))
    assert unknown.status_code == 404


async def test_whoever_sent_a_complaint_is_blocked_unseen(intake: Driver) -> None:
    headers = {"X-Device-Id": "perangkat-7004"}
    form = {"text": TEXT, **_phone(7004)}
    answer = await intake.client.post(COMPLAINTS, json=form, headers=headers)
    made = await _block(intake, complaint_id=answer.json()["complaint_id"])
    assert {each["kind"] for each in made.json()["items"]} == {"phone", "device"}
    assert "perangkat-7004" not in made.text
    assert not tells_number(made.text, form["reporter"]["phone"])
    by_device = await intake.client.post(COMPLAINTS, json={"text": TEXT}, headers=headers)
    assert by_device.status_code == 403
    (row,) = await intake.rows(
        """SELECT count(*) AS n FROM block b JOIN reporter r
        ON b.subject_hash IN (r.phone_hash, r.device_hash) WHERE b.complaint_id = :id""",
        id=answer.json()["complaint_id"],
    )
    assert row["n"] == 2


async def test_who_came_without_a_name_cannot_be_blocked(intake: Driver) -> None:
    lodged = await intake.lodge(TEXT)
    assert (await _block(intake, complaint_id=lodged.complaint_id)).status_code == 409
    assert (await _block(intake, complaint_id=new_id())).status_code == 404


@pytest.mark.parametrize(
    "form",
    [{}, {"phone": "x"}, {"phone": "0812", "complaint_id": new_id()}, {"phone": "1", "hours": 0}],
)
async def test_a_block_names_one_and_ends(intake: Driver, form: dict[str, Any]) -> None:
    assert (await _block(intake, **form)).status_code == 422


async def test_in_a_group_the_blocked_one_alone_is_refused(intake: Driver) -> None:
    await _block(intake, phone="081200007005")
    answers = await asyncio.gather(
        *(intake.post({"text": TEXT, **_phone(7000 + n)}) for n in (5, 6, 7, 5, 8))
    )
    assert [each.status_code for each in answers] == [403, 201, 201, 403, 201]


async def test_the_list_says_who_blocked_and_who_lifted(alone: Driver) -> None:
    await _block(alone, phone="081200007010", hours=1)
    second = (await _block(alone, phone="081200007011", hours=48)).json()["items"][0]
    lift = f"{BLOCKS}/{second['block_id']}/lift"
    await alone.client.post(lift, headers=_desk(alone))
    third = (await _block(alone, phone="081200007012", hours=48)).json()["items"][0]
    alone.system.clock.advance(HOUR)
    in_force = (await alone.client.get(BLOCKS, headers=_desk(alone))).json()["items"]
    assert [each["block_id"] for each in in_force] == [third["block_id"]]
    everything = await alone.client.get(f"{BLOCKS}?in_force=false", headers=_desk(alone))
    assert [each["lifted_by"] for each in everything.json()["items"]].count("meja-1") == 1
    assert len(everything.json()["items"]) == 3


async def test_only_the_desk_blocks(intake: Driver) -> None:
    for headers in ({}, intake.system.staff(Role.OFFICER, opd="DISHUB")):
        status = 403 if headers else 401
        body = {"phone": "081200007013", "reason": WHY}
        assert (await intake.client.post(BLOCKS, json=body, headers=headers)).status_code == status
        assert (await intake.client.get(BLOCKS, headers=headers)).status_code == status


async def test_another_part_of_intake_blocks_a_number_too(intake: Driver) -> None:
    async with intake.doors.units.begin() as unit:
        context, until = intake.doors.context, unit.now + HOUR
        why = Blocking("prank", until, "call112")
        await blocking.block(unit, context, "phone", "+6281200007014", why)
    async with intake.doors.units.begin() as unit:
        asked = [
            await blocking.is_blocked(unit.connection, context, "phone", number, at)
            for number, at in (
                ("+6281200007014", unit.now),
                ("+6281200007014", until),
                ("+6281200007015", unit.now),
            )
        ]
    assert asked == [True, False, False]


async def test_a_block_is_found_by_its_index(intake: Driver) -> None:
    async with intake.doors.units.database.transaction() as connection:
        # What the planner would do with many blocks; here are a few.
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.exec_driver_sql(
            """EXPLAIN SELECT subject_hash, max(until) FROM block
            WHERE subject_hash = ANY(ARRAY['a', 'b']::bytea[]) AND lifted_at IS NULL
            AND until > now() GROUP BY subject_hash"""
        )
        assert "block_in_force" in str(plan.all())


# -------------------------------------------------------------------------------------- spam


async def test_a_spam_mark_is_told_and_undone(intake: Driver) -> None:
    lodged = await intake.lodge("Pinjaman cepat cair.")
    marked = await _judge(intake, lodged, "spam", _desk(intake))
    assert marked.json() == {"complaint_id": lodged.complaint_id, "spam": True}
    assert (await _judge(intake, lodged, "spam", _desk(intake))).status_code == 409
    undone = await _judge(intake, lodged, "not-spam", _desk(intake))
    assert undone.json()["spam"] is False
    assert (await _judge(intake, lodged, "not-spam", _desk(intake))).status_code == 409
    events = await intake.published(lodged.complaint_id)
    assert [each["type"].split(".")[2] for each in events][1:] == ["ComplaintAmended"] * 2
    assert ['"spam":true' in each["payload"].replace(" ", "") for each in events][1:] == [
        True,
        False,
    ]
    (row,) = await intake.rows(
        "SELECT * FROM spam_mark WHERE complaint_id = :id", id=lodged.complaint_id
    )
    assert (row["marked_by"], row["undone_by"], row["reason"]) == ("meja-1", "meja-1", "Iklan.")
    audited = await intake.rows(
        "SELECT actor, action FROM audit_entry WHERE object = :object ORDER BY seq",
        object=f"complaint:{lodged.complaint_id}",
    )
    assert [each["action"] for each in audited] == ["spam_marked", "spam_mark_undone"]


async def test_two_marks_at_once_are_one(intake: Driver) -> None:
    lodged = await intake.lodge(TEXT)
    answers = await asyncio.gather(
        *(_judge(intake, lodged, "spam", _desk(intake)) for _ in range(3))
    )
    assert sorted(each.status_code for each in answers) == [200, 409, 409]


async def test_an_opd_marks_what_it_has_and_only_the_desk_undoes(intake: Driver) -> None:
    lodged = await intake.lodge(TEXT)
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned())
    other = intake.system.staff(Role.OFFICER, opd="PUPR")
    own = intake.system.staff(Role.OFFICER, opd="DISHUB")
    assert (await _judge(intake, lodged, "spam", other)).status_code == 404
    assert (await _judge(intake, lodged, "spam", own)).status_code == 200
    assert (await _judge(intake, lodged, "not-spam", own)).status_code == 403
    assert (await _judge(intake, lodged, "not-spam", _desk(intake))).status_code == 200
    unknown = Lodged(new_id(), "", "", {})
    assert (await _judge(intake, unknown, "spam", _desk(intake))).status_code == 404
