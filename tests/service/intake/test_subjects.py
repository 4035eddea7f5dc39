"""A person's own data: shown, corrected, erased or refused, with proof and in time."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.auth import Role
from tests.service.intake.driver import REPORTER, Driver, Lodged

REQUESTS = "/intake/v1/staff/subject-requests"
CHECKED = "KTP asli diperlihatkan di loket."


async def _open(
    intake: Driver, *, key: str | None = None, role: Role = Role.TRIAGE, **form: Any
) -> httpx.Response:
    headers = intake.system.staff(role, subject="meja-1")
    if key:
        headers["Idempotency-Key"] = key
    return await intake.client.post(REQUESTS, json=form, headers=headers)


async def _opened(intake: Driver, **form: Any) -> dict[str, Any]:
    answer = await _open(intake, **form)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def _act(
    intake: Driver, request: dict[str, Any], step: str, expect: int = 200, **form: Any
) -> dict[str, Any]:
    answer = await intake.client.post(
        f"{REQUESTS}/{request['request_id']}/{step}",
        json={"reason": "Sesuai permintaan.", **form},
        headers=intake.system.staff(Role.TRIAGE, subject="meja-1"),
    )
    assert answer.status_code == expect, answer.text
    said: dict[str, Any] = answer.json()
    return said


def _by_secret(lodged: Lodged, kind: str) -> dict[str, Any]:
    return {"kind": kind, "tracking_code": lodged.code, "tracking_secret": lodged.secret}


async def _my_data(intake: Driver, lodged: Lodged) -> dict[str, Any]:
    answer = await intake.client.get(f"{lodged.path}/my-data", headers=lodged.key)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    (complaint,) = answer.json()["complaints"]
    said: dict[str, Any] = complaint
    return said


async def test_my_data_is_all_that_is_held_by_my_complaint(intake: Driver) -> None:
    mine = await intake.lodge(
        "Saya Wagiman, lampu padam.", title="Lampu", reporter=REPORTER, anonymous=True
    )
    await intake.lodge("Laporan lain dengan nomor yang sama.", reporter=REPORTER)
    await intake.say(mine, "messages", {"text": "Dekat pos."})
    data = await _my_data(intake, mine)
    assert data["identity"] == {
        "name": REPORTER["name"],
        "phone": "+6281200000001",
        "email": REPORTER["email"],
        "nik": REPORTER["nik"],
    }
    assert data["text"] == "Saya Wagiman, lampu padam."
    assert [each["text"] for each in data["messages"]] == ["Dekat pos."]
    assert [each["kind"] for each in data["timeline"]] == ["received", "message_received"]
    assert data["notice_version"] == "2026-01"
    assert data["unmasked"] == []


@pytest.mark.parametrize("door", ["my-data", "proof"])
async def test_my_data_are_nobody_elses(intake: Driver, door: str) -> None:
    mine, other = await intake.lodge(reporter=REPORTER), await intake.lodge()
    for headers in ({}, other.key, intake.system.staff(Role.ADMIN)):
        answer = await intake.client.get(f"{mine.path}/{door}", headers=headers)
        assert answer.status_code == 403
        assert "Wagiman" not in answer.text
    assert (await intake.say(other, "erasure", {})).status_code == 201
    assert (await intake.client.post(f"{mine.path}/erasure", json={})).status_code == 403


async def test_a_secret_reaches_its_own_complaint_and_the_desk_all(alone: Driver) -> None:
    # Whoever reports may give any number: it must open nothing of the number's owner.
    mine = await alone.lodge("Milik saya.", reporter=REPORTER)
    impostor = await alone.lodge("Nomor orang.", reporter={"phone": REPORTER["phone"]})
    narrow = await _opened(alone, **_by_secret(impostor, "export"))
    assert narrow["complaints"] == [impostor.complaint_id]
    assert narrow["proof"] == "tracking_secret"
    wide = await _opened(alone, kind="export", phone="+62 812 0000 0001", checked=CHECKED)
    assert set(wide["complaints"]) == {mine.complaint_id, impostor.complaint_id}
    by_nik = await _opened(alone, kind="export", nik=REPORTER["nik"], checked=CHECKED)
    assert by_nik["complaints"] == [mine.complaint_id]

    done = await _act(alone, wide, "fulfil")
    assert done["request"]["state"] == "done"
    assert {each["text"] for each in done["data"]["complaints"]} == {"Milik saya.", "Nomor orang."}
    # An export is in the answer once, and kept nowhere.
    await _act(alone, wide, "fulfil", expect=409)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "export"}, 422),
        ({"kind": "export", "phone": "081200000001"}, 422),
        ({"kind": "export", "checked": CHECKED}, 422),
        ({"kind": "sell", "phone": "081200000001", "checked": CHECKED}, 422),
        ({"kind": "export", "phone": "12", "checked": CHECKED}, 422),
        ({"kind": "export", "nik": "12", "checked": CHECKED}, 422),
        ({"kind": "export", "phone": "089999999999", "checked": CHECKED}, 404),
        ({"kind": "export", "tracking_code": "AAAA", "tracking_secret": "B"}, 404),
    ],
)
async def test_without_proof_nothing_is_opened(
    intake: Driver, form: dict[str, Any], status: int
) -> None:
    assert (await _open(intake, **form)).status_code == status


async def test_a_wrong_secret_opens_no_request(intake: Driver) -> None:
    mine, other = await intake.lodge(), await intake.lodge()
    form = {**_by_secret(mine, "erase"), "tracking_secret": other.secret}
    assert (await _open(intake, **form)).status_code == 403


async def test_a_request_has_its_legal_clock_and_is_seen_when_late(alone: Driver) -> None:
    mine = await alone.lodge(reporter=REPORTER)
    request = await _opened(alone, **_by_secret(mine, "erase"))
    hours = datetime.fromisoformat(request["due_at"]) - alone.now
    assert hours == timedelta(hours=72)
    told = (await alone.client.get("/intake/metrics")).text
    assert 'intake_subject_requests_overdue{service="intake"} 0.0' in told
    alone.system.clock.advance(timedelta(hours=73))
    await asyncio.sleep(0.15)
    told = (await alone.client.get("/intake/metrics")).text
    assert 'intake_subject_requests_overdue{service="intake"} 1.0' in told


async def test_a_citizen_asks_once_however_often_and_the_desk_erases(alone: Driver) -> None:
    mine = await alone.lodge("Saya Wagiman.", reporter=REPORTER)
    await alone.say(mine, "messages", {"text": "Ini Wagiman."})
    answers = await asyncio.gather(
        *(alone.say(mine, "erasure", {"wish": "Hapus data Wagiman."}) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["request_id"] for answer in answers}) == 1
    request = answers[0].json()
    listed = await alone.client.get(REQUESTS, headers=alone.system.staff(Role.AUDITOR))
    assert [each["wish"] for each in listed.json()["requests"]] == ["Hapus data Wagiman."]

    await _act(alone, request, "fulfil")
    data = await _my_data(alone, mine)
    assert data["erased_at"] is not None
    assert data["identity"] == {}
    assert data["text"] is None
    assert [each["text"] for each in data["messages"]] == [None]
    (reporter,) = await alone.rows("SELECT * FROM reporter")
    assert reporter["wrapped_key"] is None
    (row,) = await alone.rows("SELECT words, state FROM complaint")
    assert row == {"words": b"", "state": "received"}
    assert (await alone.rows("SELECT words FROM message"))[0]["words"] is None
    listed = await alone.client.get(REQUESTS, headers=alone.system.staff(Role.AUDITOR))
    assert [each["wish"] for each in listed.json()["requests"]] == [None]
    assert (await alone.say(mine, "erasure", {})).status_code == 409
    unmask = await alone.client.post(
        f"/intake/v1/staff/complaints/{mine.complaint_id}/unmask",
        json={"fields": ["name"], "reason": "Perlu menelepon."},
        headers=alone.system.staff(Role.TRIAGE),
    )
    assert unmask.status_code == 409


async def test_a_correction_changes_what_is_held_what_is_found_and_what_is_published(
    alone: Driver,
) -> None:
    mine = await alone.lodge("Saya Sumarni, lampu padam di gang.", reporter=REPORTER)
    request = await _opened(alone, **_by_secret(mine, "correct"), wish="Nama saya Sumarni.")
    await _act(
        alone,
        request,
        "fulfil",
        reporter={"name": "Sumarni", "phone": "0812-0000-0009", "email": ""},
        words={"complaint_id": mine.complaint_id, "title": "Gang gelap", "address": "Gang Delima"},
    )
    data = await _my_data(alone, mine)
    assert data["identity"] == {
        "name": "Sumarni",
        "phone": "+6281200000009",
        "nik": REPORTER["nik"],
    }
    assert (data["title"], data["address"]) == ("Gang gelap", "Gang Delima")
    (event,) = (await alone.published(mine.complaint_id))[1:]
    payload = json.loads(event["payload"])
    assert payload["title"] == "Gang gelap"
    assert payload["location"]["address"] == "Gang Delima"
    # The right name is masked now where it stood in the words.
    assert payload["text"] == "Saya [nama], lampu padam di gang."
    found = await _opened(alone, kind="export", phone="081200000009", checked=CHECKED)
    assert found["complaints"] == [mine.complaint_id]
    gone = await _open(alone, kind="export", phone=REPORTER["phone"], checked=CHECKED)
    assert gone.status_code == 404


async def test_a_correction_that_is_none_or_not_theirs_is_refused(intake: Driver) -> None:
    mine, other = await intake.lodge(reporter=REPORTER), await intake.lodge()
    request = await _opened(intake, **_by_secret(mine, "correct"))
    await _act(intake, request, "fulfil", expect=422)
    await _act(intake, request, "fulfil", expect=422, reporter={"phone": "satu"})
    foreign = {"complaint_id": other.complaint_id, "text": "Milik orang."}
    await _act(intake, request, "fulfil", expect=422, words=foreign)
    assert (await intake.track(other, known=True))["own"]["text"] == "Lampu jalan padam."
    export = await _opened(intake, **_by_secret(mine, "export"))
    await _act(intake, export, "fulfil", expect=422, reporter={"name": "Lain"})


async def test_a_refusal_says_why_and_is_final(alone: Driver) -> None:
    mine = await alone.lodge(reporter=REPORTER)
    request = await _opened(alone, **_by_secret(mine, "erase"))
    done = await _act(alone, request, "refuse", reason="Perkara 9971010101010001 berjalan.")
    assert done["request"]["state"] == "refused"
    assert "9971010101010001" not in done["request"]["reason"]
    again = await _act(alone, request, "fulfil", expect=409)
    assert again["type"].endswith(":subject-request-decided")
    assert (await _my_data(alone, mine))["identity"]["name"] == REPORTER["name"]


async def test_two_that_decide_at_once_decide_once(alone: Driver) -> None:
    mine = await alone.lodge(reporter=REPORTER)
    request = await _opened(alone, **_by_secret(mine, "object"))
    path = f"{REQUESTS}/{request['request_id']}"
    headers = alone.system.staff(Role.ADMIN)
    body = {"reason": "Diputus bersama."}
    answers = await asyncio.gather(
        *(
            alone.client.post(f"{path}/{step}", json=body, headers=headers)
            for step in ("fulfil", "refuse") * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_each_step_is_an_entry_and_none_names_the_person(alone: Driver) -> None:
    mine = await alone.lodge(reporter=REPORTER)
    request = await _opened(alone, kind="erase", phone=REPORTER["phone"], checked=CHECKED)
    await _act(alone, request, "fulfil")
    entries = await alone.rows("SELECT * FROM audit_entry ORDER BY seq")
    assert [each["action"] for each in entries] == ["request_opened", "request_done"]
    assert entries[0]["reason"] == CHECKED
    written = json.dumps(entries, default=str)
    for value in (*REPORTER.values(), "81200000001", mine.secret):
        assert value not in written


async def test_the_same_request_sent_twice_is_one(alone: Driver) -> None:
    mine = await alone.lodge(reporter=REPORTER)
    form = {**_by_secret(mine, "erase"), "wish": "Hapus data Wagiman."}
    first = await _open(alone, key="kunci-hapus-1", **form)
    again = await _open(alone, key="kunci-hapus-1", **form)
    assert first.json() == again.json()
    other = await _open(alone, key="kunci-hapus-1", **{**form, "kind": "object"})
    assert other.status_code == 422
    assert len(await alone.rows("SELECT * FROM subject_request")) == 1
    kept = await alone.rows("SELECT * FROM idempotency")
    assert "Wagiman" not in json.dumps(kept, default=str)


@pytest.mark.parametrize("step", ["fulfil", "refuse"])
async def test_what_nobody_asked_is_not_found(intake: Driver, step: str) -> None:
    nothing = {"request_id": "019b76da-a800-7000-8000-00000000dead"}
    await _act(intake, nothing, step, expect=404)
