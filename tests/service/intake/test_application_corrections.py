"""What an applicant sees with the secret, and corrections while the officer asks for them."""

import asyncio
import json
from typing import Any

import pytest

from services.intake.operations.erasure import erase_reporters
from tests.service.intake.applying import (
    APPLICATIONS,
    CODE,
    FRIDAY,
    LAST,
    LATER,
    MOHON,
    NAME,
    Casework,
    applied,
    ask_for,
)
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.uploads import uploaded


async def _shown(offices: Driver, lodged: Lodged, **headers: str) -> dict[str, Any]:
    answer = await offices.client.get(f"{APPLICATIONS}/{lodged.code}", headers=headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def _correct(
    offices: Driver, lodged: Lodged, *, key: str | None = None, note: str | None = None, **new: Any
) -> Any:
    body = {"answers": {**MOHON, **new}, **({"note": note} if note else {})}
    headers = {**lodged.key, **({"Idempotency-Key": key} if key else {})}
    url = f"{APPLICATIONS}/{lodged.code}/answers"
    return await offices.client.put(url, json=body, headers=headers)


async def _asked(offices: Driver, **answers: Any) -> tuple[Lodged, Casework]:
    lodged = await applied(offices, **answers)
    case = Casework(offices, lodged, "DPMPTSP", "uji-mohon")
    await case.assign()
    await case.enter("periksa", stage_title="Pemeriksaan")
    await case.ask(f"tanya-{lodged.code}", "Perbaiki uraian.")
    return lodged, case


def _name_of(row: dict[str, Any]) -> str:
    return str(row["type"]).split(".")[2]


async def test_numbers_are_in_the_answer_and_in_the_event(offices: Driver) -> None:
    lodged = await applied(offices)
    number = lodged.answer["number"]
    assert number.endswith("/DPMPTSP/2026")
    event = json.loads((await offices.published(lodged.complaint_id))[0]["payload"])
    assert event["answers"]["application_number"] == number
    assert event["answers"]["nilai"] == 75
    seen = await offices.track(lodged, known=True)
    said = f"Permohonan {number} untuk Warung makan diterima"
    assert seen["timeline"][0]["text"].startswith(said)
    assert NAME not in str(event)
    assert "7654321" not in str(event)


async def test_no_number_and_no_place_is_lost_or_taken_twice(offices: Driver) -> None:
    async def last() -> int:
        rows = await offices.rows(
            "SELECT max(CAST(split_part(number, '/', 1) AS int)) AS n FROM application"
        )
        return int(rows[0]["n"] or 0)

    before = await last()
    both = await asyncio.gather(
        *(ask_for(offices, key="mohon-dua-kali", sesi=FRIDAY) for _ in range(2))
    )
    first = both[0].json()
    assert [each.json()["number"] for each in both] == [first["number"]] * 2, both[1].text
    # Full: nothing of the application stays, its number neither.
    full = await ask_for(offices, sesi=FRIDAY)
    assert full.status_code == 409
    refused = await ask_for(offices, key="mohon-dua-kali", jenis="bengkel", bahan="solar")
    assert refused.status_code == 422
    assert (await ask_for(offices, sesi=LATER)).status_code == 201
    assert await last() == before + 2


async def test_the_register_is_asked_at_submission(offices: Driver) -> None:
    async def found(**answers: Any) -> dict[str, Any]:
        lodged = await applied(offices, nomor_lama="UJI-77", **answers)
        event = json.loads((await offices.published(lodged.complaint_id))[0]["payload"])
        answers_told: dict[str, Any] = event["answers"]
        return {"id": lodged, **answers_told}

    first = await found()
    assert first["register_match"] == "none"
    case = Casework(offices, first["id"], "DPMPTSP", CODE)
    await case.assign()
    await case.enter("periksa", outcome="done", left="uji-mohon.periksa", decision="selesai")
    assert (await found())["register_match"] == "found"
    other = await found(jenis="bengkel", bahan="solar")
    assert (other["register_match"], other["register_differs"]) == ("differs", ["jenis"])


async def test_without_the_secret_only_service_stage_and_status(offices: Driver) -> None:
    lodged, _ = await _asked(offices)
    seen = await _shown(offices, lodged)
    assert (seen["service"], seen["stage_title"], seen["status"], seen["own"]) == (
        "uji-mohon",
        "Pemeriksaan",
        "waiting_citizen",
        None,
    )
    assert NAME not in str(seen)
    other = await applied(offices)
    url = f"{APPLICATIONS}/{lodged.code}"
    assert (await offices.client.get(url, headers=other.key)).status_code == 403
    complaint = await offices.lodge()
    assert (await offices.client.get(f"{APPLICATIONS}/{complaint.code}")).status_code == 404


async def test_with_the_secret_the_applicant_sees_all_of_it(offices: Driver) -> None:
    lodged, _ = await _asked(offices, sesi=LATER)
    own = (await _shown(offices, lodged, **lodged.key))["own"]
    assert own["answers"]["nama"] == NAME
    assert own["answers"]["modal"] == 7_654_321
    assert (own["score"]["points"], own["score"]["gaps"][0]["item"]) == (75, "aman")
    assert own["asked"]["text"] == "Perbaiki uraian."
    assert own["asked"]["answered"] is False
    assert (own["rounds"], own["appointment"]["session"]) == (1, LATER)
    assert own["number"] == lodged.answer["number"]


async def test_a_correction_is_published_whole_and_answers_the_question(offices: Driver) -> None:
    photo = await uploaded(offices)
    lodged, _ = await _asked(offices, foto=[photo["upload_token"]])
    kept = (await _shown(offices, lodged, **lodged.key))["own"]["answers"]["foto"]
    more = await uploaded(offices)
    answer = await _correct(
        offices,
        lodged,
        jenis="bengkel",
        bahan="solar",
        bersih="tidak",
        foto=[*kept, more["upload_token"]],
        note="Foto ditambah.",
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["eligible"] is False
    events = [
        (_name_of(row), json.loads(row["payload"]))
        for row in await offices.published(lodged.complaint_id)
    ]
    kinds = [kind for kind, _ in events]
    amended, message = kinds.index("ComplaintAmended"), kinds.index("CitizenMessageReceived")
    assert amended < message
    said = events[amended][1]["answers"]
    assert (said["jenis"], said["bahan"], said["nilai"], said["rounds"]) == (
        "bengkel",
        "solar",
        0,
        1,
    )
    assert said["application_number"] == lodged.answer["number"]
    assert len(said["foto"]) == 2
    assert events[message][1]["request_id"] == f"tanya-{lodged.code}"
    own = (await _shown(offices, lodged, **lodged.key))["own"]
    assert own["answers"]["bahan"] == "solar"
    assert len(own["files"]) == 2
    assert own["asked"]["answered"] is True
    assert NAME not in str(events)


async def test_only_while_the_officer_asks(offices: Driver) -> None:
    lodged = await applied(offices)
    assert (await _correct(offices, lodged)).status_code == 409
    asked, case = await _asked(offices)
    await case.tell(case.telling.told(f"tanya-{asked.code}"))
    assert (await _correct(offices, asked, uraian="Lain.")).status_code == 409


async def test_bad_corrections_change_nothing(offices: Driver) -> None:
    lodged, _ = await _asked(offices, sesi=LATER)
    before = len(await offices.published(lodged.complaint_id))
    bad = await _correct(offices, lodged, jenis="lain", foto=["tidak-ada-token"])
    assert bad.status_code == 422
    assert {each["field"] for each in bad.json()["errors"]} == {"/answers/foto/0"}
    wrong = await _correct(offices, lodged, jenis="lain")
    assert {each["field"] for each in wrong.json()["errors"]} == {"/answers/jenis"}
    assert (await _correct(offices, lodged, dalam_kota=False)).status_code == 422
    assert (await ask_for(offices, sesi=LAST)).status_code == 201
    # The place is gone: nothing else of the correction stays either.
    assert (await _correct(offices, lodged, sesi=LAST, uraian="Baru.")).status_code == 409
    assert len(await offices.published(lodged.complaint_id)) == before
    own = (await _shown(offices, lodged, **lodged.key))["own"]
    assert own["answers"]["uraian"] == MOHON["uraian"]
    other = await applied(offices)
    stolen = await offices.client.put(
        f"{APPLICATIONS}/{lodged.code}/answers", json={"answers": MOHON}, headers=other.key
    )
    assert stolen.status_code == 403


async def test_a_file_of_another_application_is_not_taken(offices: Driver) -> None:
    photo = await uploaded(offices)
    other = await applied(offices, foto=[photo["upload_token"]])
    theirs = (await _shown(offices, other, **other.key))["own"]["answers"]["foto"]
    lodged, _ = await _asked(offices)
    assert (await _correct(offices, lodged, foto=theirs)).status_code == 422
    answer = await _correct(offices, lodged, foto=[photo["upload_token"]])
    assert answer.status_code == 409


@pytest.mark.parametrize("key", [None, "perbaikan-1"])
async def test_the_same_correction_twice_at_once_is_one(offices: Driver, key: str | None) -> None:
    lodged, _ = await _asked(offices)
    both = await asyncio.gather(
        *(_correct(offices, lodged, uraian="Diperbaiki.", key=key) for _ in range(2))
    )
    assert [each.status_code for each in both] == [200, 200], both[1].text
    assert both[0].json()["message_id"] == both[1].json()["message_id"]
    kinds = [_name_of(row) for row in await offices.published(lodged.complaint_id)]
    assert kinds.count("ComplaintAmended") == 1
    assert (await _correct(offices, lodged, uraian="Lain lagi.")).status_code == 409


async def test_answers_die_with_the_persons_key(offices: Driver) -> None:
    lodged, _ = await _asked(offices)
    complaint = "(SELECT reporter_id FROM complaint WHERE complaint_id = CAST(:id AS uuid))"
    async with offices.doors.units.begin() as unit:
        rows = await offices.rows(f"SELECT {complaint} AS id", id=lodged.complaint_id)
        assert await erase_reporters(unit, [str(rows[0]["id"])]) == 1
    own = (await _shown(offices, lodged, **lodged.key))["own"]
    assert (own["answers"], own["score"]) == (None, None)
    (row,) = await offices.rows(
        "SELECT answers FROM application WHERE complaint_id = CAST(:id AS uuid)",
        id=lodged.complaint_id,
    )
    assert bytes(row["answers"]) == b""
    assert (await _correct(offices, lodged, uraian="Lain.")).status_code in {404, 409, 410}
