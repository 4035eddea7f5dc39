"""Officers read the original words of their own OPD's cases, and of nobody else's."""

import pytest

from shared.auth import Role
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling
from tests.support.numbers import tells_number

PATH = "/intake/v1/staff/complaints"


async def _read(intake: Driver, lodged: Lodged, role: Role, opd: str | None = None) -> int:
    headers = intake.system.staff(role, opd=opd)
    answer = await intake.client.get(f"{PATH}/{lodged.complaint_id}", headers=headers)
    return answer.status_code


async def test_officers_of_the_current_opd_read_what_was_written(intake: Driver) -> None:
    lodged = await intake.lodge("Saya Wagiman, lampu padam.", reporter=REPORTER)
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned())
    await intake.say(lodged, "messages", {"text": "Dekat pos."})
    answer = await intake.client.get(
        f"{PATH}/{lodged.complaint_id}", headers=intake.system.staff(Role.OFFICER, opd="DISHUB")
    )
    said = answer.json()
    assert answer.status_code == 200
    assert said["own"]["text"] == "Saya Wagiman, lampu padam."
    assert [each["text"] for each in said["own"]["messages"]] == ["Dekat pos."]
    assert "reporter" not in said
    assert not tells_number(answer.text, REPORTER["phone"])
    assert lodged.secret not in answer.text


EVERYONE = sorted(Role)


@pytest.mark.parametrize("role", EVERYONE)
async def test_who_reads_a_complaint_that_an_opd_has(intake: Driver, role: Role) -> None:
    lodged = await intake.lodge()
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned())
    own = await _read(intake, lodged, role, "DISHUB")
    foreign = await _read(intake, lodged, role, "PUPR")
    nowhere = await _read(intake, lodged, role)
    if role in {Role.OFFICER, Role.HEAD}:
        assert (own, foreign, nowhere) == (200, 404, 404)
    elif role in {Role.TRIAGE, Role.ADMIN}:
        assert (own, foreign, nowhere) == (404, 404, 404)
    else:
        assert (own, foreign, nowhere) == (403, 403, 403)


@pytest.mark.parametrize("role", EVERYONE)
async def test_who_reads_a_complaint_that_no_opd_has(intake: Driver, role: Role) -> None:
    lodged = await intake.lodge()
    await intake.tell(Telling(lodged.complaint_id, intake.now).triaged())
    status = await _read(intake, lodged, role, "DISHUB")
    if role in {Role.TRIAGE, Role.ADMIN}:
        assert status == 200
    elif role in {Role.OFFICER, Role.HEAD}:
        assert status == 404
    else:
        assert status == 403


async def test_the_former_opd_reads_no_longer(intake: Driver) -> None:
    lodged = await intake.lodge()
    telling = Telling(lodged.complaint_id, intake.now)
    await intake.tell(telling.assigned(), telling.assigned("PUPR", "Dinas PUPR"))
    assert await _read(intake, lodged, Role.OFFICER, "DISHUB") == 404
    assert await _read(intake, lodged, Role.OFFICER, "PUPR") == 200


async def test_without_a_token_nobody_reads(intake: Driver) -> None:
    lodged = await intake.lodge()
    answer = await intake.client.get(f"{PATH}/{lodged.complaint_id}", headers=lodged.key)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("wanted", "status"), [("019b76da-a800-7000-8000-00000000dead", 404), ("x", 422), ("%00", 422)]
)
async def test_what_does_not_exist_is_not_found(intake: Driver, wanted: str, status: int) -> None:
    answer = await intake.client.get(f"{PATH}/{wanted}", headers=intake.system.staff(Role.TRIAGE))
    assert answer.status_code == status
