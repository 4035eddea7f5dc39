"""Officers' evidence: proof with place, time and fingerprint; and whose files staff may read."""

import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.events import Telling
from tests.service.intake.uploads import STAFF, files_of, payloads, prove, read, untouched, uploaded
from tests.support.files import PLACE, photo

OPD = "DISHUB"


@pytest.fixture
async def case(intake: Driver) -> Lodged:
    """Lodge a complaint with a file, which an OPD has."""
    lodged = await intake.lodge(attachments=[(await uploaded(intake))["upload_token"]])
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned(OPD))
    return lodged


def officer(intake: Driver, opd: str = OPD) -> dict[str, str]:
    """Return the headers of an officer."""
    return intake.system.staff(Role.OFFICER, opd=opd, subject="petugas-7")


async def test_evidence_tells_who_where_and_when(intake: Driver, case: Lodged) -> None:
    answer = await prove(intake, case, officer(intake))

    assert answer.status_code == 201, answer.text
    name, event = payloads(await intake.published(case.complaint_id))[-1]
    assert name == "EvidenceAdded"
    assert event["attachment_id"] == answer.json()["attachment_id"]
    assert (event["by"], event["officer_id"]) == ("officer", "petugas-7")
    assert (event["taken_lat"], event["taken_lon"]) == pytest.approx(PLACE)
    assert event["taken_at"] == "2026-03-09T01:30:00Z"


async def test_reporter_and_officers_in_charge_read_all_files(intake: Driver, case: Lodged) -> None:
    await prove(intake, case, officer(intake))
    files = await files_of(intake, case)

    assert [each["by"] for each in files] == ["citizen", "officer"]
    for each in files:
        path = f"{STAFF}/{case.complaint_id}/attachments/{each['attachment_id']}"
        for step in ("", "/thumbnail"):
            assert (await read(intake, case, each["attachment_id"], step=step)).status_code == 200
            answer = await intake.client.get(path + step, headers=officer(intake))
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("roles", "opd"),
    [
        ((Role.OFFICER, Role.HEAD), "DLH"),
        ((Role.TRIAGE,), None),
        ((Role.LEADER,), None),
        ((Role.AUDITOR,), OPD),
    ],
)
async def test_others_neither_add_nor_read(
    intake: Driver, case: Lodged, roles: tuple[Role, ...], opd: str | None
) -> None:
    headers = intake.system.staff(*roles, opd=opd)
    (file,) = await files_of(intake, case)
    path = f"{STAFF}/{case.complaint_id}/attachments"

    assert (await prove(intake, case, headers)).status_code in {403, 404}
    for step in ("", "/thumbnail"):
        answer = await intake.client.get(f"{path}/{file['attachment_id']}{step}", headers=headers)
        assert answer.status_code in {403, 404}
        assert (await intake.client.get(f"{path}/{file['attachment_id']}{step}")).status_code == 401


async def test_triage_desk_works_on_what_nobody_has(intake: Driver) -> None:
    lodged = await intake.lodge()
    headers = intake.system.staff(Role.TRIAGE)

    assert (await prove(intake, lodged, officer(intake))).status_code == 404
    answer = await prove(intake, lodged, headers)
    assert answer.status_code == 201
    path = f"{STAFF}/{lodged.complaint_id}/attachments/{answer.json()['attachment_id']}"
    assert (await intake.client.get(path, headers=headers)).status_code == 200


async def test_stranger_is_refused_before_the_file_is_read(intake: Driver, case: Lodged) -> None:
    for headers, status in (({}, 401), (officer(intake, "DLH"), 404)):
        answer = await intake.client.post(
            f"{STAFF}/{case.complaint_id}/attachments", content=untouched(), headers=headers
        )
        assert answer.status_code == status


async def test_same_evidence_twice_is_one_file(intake: Driver, case: Lodged) -> None:
    headers = {**officer(intake), "Idempotency-Key": new_id()}
    first, second = [await prove(intake, case, headers) for _ in range(2)]

    assert first.json() == second.json()
    assert len(await files_of(intake, case)) == 2


async def test_file_of_another_complaint_is_not_found(intake: Driver, case: Lodged) -> None:
    other = await intake.lodge()
    await intake.tell(Telling(other.complaint_id, intake.now).assigned(OPD))
    (file,) = await files_of(intake, case)

    path = f"{STAFF}/{other.complaint_id}/attachments/{file['attachment_id']}"
    assert (await intake.client.get(path, headers=officer(intake))).status_code == 404


async def test_evidence_must_be_a_file_that_is_taken(intake: Driver, case: Lodged) -> None:
    assert (await prove(intake, case, officer(intake), b"<html>")).status_code == 415
    assert (await prove(intake, case, officer(intake), photo()[:500])).status_code == 422
