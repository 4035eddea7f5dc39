"""Who is shown a reporter's identity, for which reason, and that each time is written down."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import httpx
import pytest

from shared.auth import Role
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling

REASON = "Petugas perlu menelepon pelapor 081234567890."


async def _unmask(
    intake: Driver, lodged: Lodged, role: Role, opd: str | None = None, **form: Any
) -> httpx.Response:
    return await intake.client.post(
        f"/intake/v1/staff/complaints/{lodged.complaint_id}/unmask",
        json={"fields": ["name", "phone"], "reason": REASON, **form},
        headers=intake.system.staff(role, opd=opd, subject=f"{role}-7"),
    )


async def _assigned(intake: Driver, **form: Any) -> Lodged:
    lodged = await intake.lodge(reporter=REPORTER, **form)
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned())
    return lodged


async def test_an_officer_in_charge_is_shown_what_they_ask_for_and_no_more(
    alone: Driver,
) -> None:
    lodged = await _assigned(alone)
    answer = await _unmask(alone, lodged, Role.OFFICER, "DISHUB")
    said = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (said["name"], said["phone"]) == (REPORTER["name"], "+6281200000001")
    assert said["nik"] is None
    assert said["email"] is None

    (entry,) = await alone.rows("SELECT * FROM audit_entry")
    assert entry["seq"] == 1
    assert entry["actor"] == "officer-7"
    assert entry["action"] == "identity_unmasked"
    assert json.loads(entry["details"]) == {
        "anonymous": False,
        "fields": ["name", "phone"],
        "purpose": "handling",
    }
    written = json.dumps(entry, default=str)
    assert "081234567890" not in written
    assert "Wagiman" not in written


@pytest.mark.parametrize("role", sorted(Role))
async def test_who_may_unmask_the_reporter_of_an_opds_case(intake: Driver, role: Role) -> None:
    lodged = await _assigned(intake)
    own = (await _unmask(intake, lodged, role, "DISHUB")).status_code
    foreign = (await _unmask(intake, lodged, role, "PUPR")).status_code
    if role in {Role.OFFICER, Role.HEAD}:
        assert (own, foreign) == (200, 404)
    elif role in {Role.AUDITOR, Role.ADMIN}:
        assert (own, foreign) == (200, 200)
    elif role is Role.TRIAGE:
        assert (own, foreign) == (404, 404)
    else:
        assert (own, foreign) == (403, 403)


async def test_the_desk_unmasks_whom_no_opd_has(intake: Driver) -> None:
    lodged = await intake.lodge(reporter=REPORTER)
    assert (await _unmask(intake, lodged, Role.TRIAGE)).status_code == 200
    assert (await _unmask(intake, lodged, Role.OFFICER, "DISHUB")).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.HEAD])
@pytest.mark.parametrize("purpose", ["handling", "safety", "legal_order"])
async def test_officers_never_unmask_the_anonymous(
    intake: Driver, role: Role, purpose: str
) -> None:
    lodged = await _assigned(intake, anonymous=True)
    answer = await _unmask(intake, lodged, role, "DISHUB", purpose=purpose)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith(":identity-protected")
    assert "Wagiman" not in answer.text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
async def test_the_anonymous_are_unmasked_for_grave_reasons_alone(
    intake: Driver, role: Role
) -> None:
    lodged = await _assigned(intake, anonymous=True)
    assert (await _unmask(intake, lodged, role)).status_code == 403
    for purpose in ("safety", "legal_order"):
        answer = await _unmask(intake, lodged, role, purpose=purpose)
        assert answer.status_code == 200
        assert answer.json()["anonymous"] is True


async def test_a_refusal_is_no_entry(alone: Driver) -> None:
    lodged = await _assigned(alone, anonymous=True)
    await _unmask(alone, lodged, Role.OFFICER, "DISHUB")
    await _unmask(alone, lodged, Role.OFFICER, "PUPR")
    assert await alone.rows("SELECT * FROM audit_entry") == []


async def test_two_at_once_are_two_entries_in_one_chain(alone: Driver) -> None:
    lodged = await _assigned(alone)
    answers = await asyncio.gather(
        *(_unmask(alone, lodged, Role.OFFICER, "DISHUB") for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}
    entries = await alone.rows("SELECT seq, prev_hash, hash FROM audit_entry ORDER BY seq")
    assert [entry["seq"] for entry in entries] == list(range(1, 9))
    assert all(after["prev_hash"] == before["hash"] for before, after in pairwise(entries))


@pytest.mark.parametrize(
    "form",
    [
        {"reason": ""},
        {"reason": "x"},
        {"fields": []},
        {"fields": ["password"]},
        {"purpose": "curiosity"},
        {"reason": "nol\u0000nol"},
        {"extra": 1},
    ],
)
async def test_without_reason_or_with_nonsense_nobody_unmasks(
    intake: Driver, form: dict[str, Any]
) -> None:
    lodged = await _assigned(intake)
    answer = await _unmask(intake, lodged, Role.OFFICER, "DISHUB", **form)
    assert answer.status_code == 422


async def test_who_gave_nothing_has_nothing_to_show(intake: Driver) -> None:
    lodged = await intake.lodge()
    said = (await _unmask(intake, lodged, Role.TRIAGE)).json()
    assert (said["name"], said["phone"]) == (None, None)


async def test_the_reporter_reads_when_and_why_they_were_unmasked(intake: Driver) -> None:
    lodged = await _assigned(intake)
    await _unmask(intake, lodged, Role.OFFICER, "DISHUB")
    answer = await intake.client.get(f"{lodged.path}/my-data", headers=lodged.key)
    (complaint,) = answer.json()["complaints"]
    (told,) = complaint["unmasked"]
    assert told["fields"] == ["name", "phone"]
    assert told["reason"].startswith("Petugas perlu menelepon pelapor")
    assert "officer-7" not in answer.text
