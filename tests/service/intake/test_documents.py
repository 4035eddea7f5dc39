"""Documents: issued once, sealed, handed to whom they concern, confirmed to anybody, withdrawn."""

import asyncio
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from services.intake.operations.document_reading import delete_contents, store_contents
from services.intake.operations.erasure import erase_reporters
from shared.auth import Role
from shared.ids import new_id
from shared.media.store import FileMissing
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.papers import ANSWERS, OPD, Casework, send
from tests.service.intake.uploads import prove

HTML = {"Accept": "text/html,application/xhtml+xml"}


async def issued(driver: Driver, **answers: Any) -> tuple[Lodged, Casework, dict[str, Any]]:
    lodged = await send(driver, **answers)
    work = Casework(driver, lodged)
    await work.assign()
    await work.issue(catatan="Lengkap.")
    (document,) = await listed(driver, lodged)
    return lodged, work, document


async def listed(driver: Driver, lodged: Lodged) -> list[dict[str, Any]]:
    answer = await driver.client.get(
        f"/intake/v1/applications/{lodged.code}/documents", headers=lodged.key
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["documents"]
    return found


async def download(driver: Driver, lodged: Lodged, document: dict[str, Any]) -> Any:
    path = f"/intake/v1/applications/{lodged.code}/documents/{document['document_id']}"
    return await driver.client.get(path, headers=lodged.key)


async def as_staff(
    driver: Driver,
    lodged: Lodged,
    document: dict[str, Any],
    step: str = "read",
    opd: str = OPD,
    reason: str = "Pemeriksaan di lapangan.",
) -> Any:
    return await driver.client.post(
        f"/intake/v1/staff/applications/{lodged.complaint_id}"
        f"/documents/{document['document_id']}/{step}",
        json={"reason": reason},
        headers=driver.system.staff(Role.OFFICER, opd=opd),
    )


async def confirmed(driver: Driver, document: dict[str, Any]) -> dict[str, Any]:
    answer = await driver.client.get(document["confirm_path"])
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def copy_of(driver: Driver, lodged: Lodged) -> dict[str, Any]:
    """Upload what the OPD hands out."""
    answer = await prove(driver, lodged, driver.system.staff(Role.OFFICER, opd=OPD))
    assert answer.status_code == 201, answer.text
    file: dict[str, Any] = answer.json()
    return file


def words_of(content: bytes) -> str:
    """Return what is written in a PDF of core fonts."""
    with pikepdf.open(BytesIO(content)) as pdf:
        drawn = b" ".join(page.Contents.read_bytes() for page in pdf.pages)
    return drawn.decode("latin-1")


async def test_the_document_has_its_number_and_what_was_answered(papers: Driver) -> None:
    lodged, _, document = await issued(papers)
    assert document["number"].endswith(f"/{OPD}/III/2026")
    assert (document["status"], document["valid_until"]) == ("valid", "2027-03-09")
    answer = await download(papers, lodged, document)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    words = words_of(answer.content)
    for expected in ("Wagiman", "9971010101010001", "150.000", "Sutini", "Lengkap.", "besar"):
        assert expected in words
    assert sha256(answer.content).hexdigest() == (await confirmed(papers, document))["sha256"]


async def test_a_part_stands_there_under_its_condition(papers: Driver) -> None:
    lodged, _, document = await issued(papers, lebar=2)
    assert "besar" not in words_of((await download(papers, lodged, document)).content)


async def test_it_is_confirmed_without_anything_personal(papers: Driver) -> None:
    _, _, document = await issued(papers)
    said = await confirmed(papers, document)
    assert said["number"] == document["number"]
    assert said["public"] == [
        {"label": "Jenis papan", "value": "Papan nama"},
        {"label": "Lebar", "value": "6 m"},
    ]
    page = await papers.client.get(document["confirm_path"].lower(), headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "Dokumen ini sah" in page.text
    assert "<script" not in page.text
    for told in (page.text, str(said)):
        for secret in (*ANSWERS["nama"].split(), ANSWERS["nik"], "Sutini", "Jalan Contoh"):
            assert secret not in told


@pytest.mark.parametrize("code", ["AAAA-BBBB-CCCC-DDDD", "x", "ñ" * 16, "%00" * 16, "A" * 40])
async def test_an_unknown_code_is_no_document(papers: Driver, code: str) -> None:
    answer = await papers.client.get(f"/intake/v1/documents/{code}")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("document-unknown")
    page = await papers.client.get(f"/intake/v1/documents/{code}", headers=HTML)
    assert page.status_code == 404
    assert "Dokumen tidak dikenal" in page.text


async def test_the_same_event_issues_nothing_twice(papers: Driver) -> None:
    lodged, work, document = await issued(papers)
    event = work.entered("serah", "periksa", "terbit")
    (envelope,) = await papers.tell(event)
    await papers.deliver([envelope])
    await papers.tell(event)
    assert [each["document_id"] for each in await listed(papers, lodged)] == [
        document["document_id"]
    ]
    last = await papers.rows("SELECT last FROM number_series WHERE series = 'izin'")
    count = await papers.rows("SELECT count(*) AS n FROM issued_document WHERE number IS NOT NULL")
    assert last[0]["last"] == count[0]["n"]


async def test_what_leads_back_or_refuses_issues_nothing(papers: Driver) -> None:
    lodged = await send(papers)
    work = Casework(papers, lodged)
    await work.assign()
    await papers.tell(
        work.entered("periksa", "serah", "ulang"),
        work.entered("periksa", "periksa", "tolak", outcome="refused"),
        work.entered("serah", "periksa", "terbit", part=1),
        work.entered("serah", "periksa", "tidak-ada"),
    )
    assert await listed(papers, lodged) == []


async def test_a_reopened_case_has_its_document_replaced(papers: Driver) -> None:
    lodged, work, first = await issued(papers)
    await papers.tell(work.telling.reopened(1), work.entered("serah", "periksa", "terbit"))
    before, after = await listed(papers, lodged)
    assert (before["document_id"], before["status"]) == (first["document_id"], "withdrawn")
    assert (after["status"], after["number"] != first["number"]) == ("valid", True)
    assert (await confirmed(papers, first))["status"] == "withdrawn"


async def test_it_expires_and_is_still_confirmed(papers: Driver) -> None:
    _, _, document = await issued(papers)
    for last, status in ((date(2026, 3, 9), "valid"), (date(2026, 3, 8), "expired")):
        await papers.rows(
            "UPDATE issued_document SET valid_until = :last WHERE document_id = :id RETURNING 1",
            last=last,
            id=document["document_id"],
        )
        assert (await confirmed(papers, document))["status"] == status
    page = (await papers.client.get(document["confirm_path"], headers=HTML)).text
    assert "Masa berlaku sudah habis" in page


async def test_only_its_applicant_downloads_it(papers: Driver) -> None:
    lodged, _, document = await issued(papers)
    other, _, _ = await issued(papers)
    assert (await download(papers, other, document)).status_code == 404
    path = f"/intake/v1/applications/{lodged.code}/documents/{document['document_id']}"
    assert (await papers.client.get(path)).status_code == 403
    assert (await papers.client.get(path, headers=other.key)).status_code == 403


async def test_staff_read_it_for_a_reason_that_is_written_down(papers: Driver) -> None:
    lodged, _, document = await issued(papers)
    answer = await as_staff(papers, lodged, document)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF")
    entries = await papers.rows(
        "SELECT * FROM audit_entry WHERE object = :object",
        object=f"complaint:{lodged.complaint_id}",
    )
    assert [(each["action"], each["reason"]) for each in entries] == [
        ("document_read", "Pemeriksaan di lapangan.")
    ]
    assert (await as_staff(papers, lodged, document, opd="DLH")).status_code == 404
    assert (await as_staff(papers, lodged, document, reason="")).status_code == 422
    other, _, _ = await issued(papers)
    assert (await as_staff(papers, other, document)).status_code == 404


async def test_the_opd_that_issued_it_withdraws_it_once(papers: Driver) -> None:
    lodged, _, document = await issued(papers)
    for opd in ("DLH", "BAPENDA"):
        assert (await as_staff(papers, lodged, document, "withdraw", opd)).status_code == 404
    answers = await asyncio.gather(
        *(as_staff(papers, lodged, document, "withdraw") for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    said = await confirmed(papers, document)
    assert (said["status"], said["withdrawn_on"]) == ("withdrawn", "2026-03-09")
    assert "lapangan" not in str(said)
    page = (await papers.client.get(document["confirm_path"], headers=HTML)).text
    assert "Dokumen ini dicabut" in page
    # Who has it still reads what it said.
    assert (await download(papers, lodged, document)).status_code == 200


async def test_a_staffs_file_is_handed_out_at_the_end(papers: Driver) -> None:
    lodged, work, _ = await issued(papers)
    file = await copy_of(papers, lodged)
    await work.finish(salinan=[file["attachment_id"], new_id()])
    _, copy = await listed(papers, lodged)
    assert (copy["code"], copy["number"], copy["media_type"]) == ("salinan", None, "image/jpeg")
    answer = await download(papers, lodged, copy)
    assert answer.headers["content-type"] == "image/jpeg"
    assert sha256(answer.content).hexdigest() == (await confirmed(papers, copy))["sha256"]
    assert (await as_staff(papers, lodged, copy)).status_code == 200
    (entry,) = await papers.rows(
        "SELECT cells FROM register_entry WHERE complaint_id = :id", id=lodged.complaint_id
    )
    assert entry["cells"]["nomor"].endswith(f"/{OPD}/III/2026")


async def test_a_plain_complaint_gets_no_document(papers: Driver) -> None:
    lodged = await papers.lodge()
    work = Casework(papers, lodged)
    await work.assign()
    await work.issue()
    assert await listed(papers, lodged) == []


async def stored(driver: Driver) -> int:
    async with driver.doors.units.begin() as unit:
        return await store_contents(unit, driver.doors.context)


async def row_of(driver: Driver, document: dict[str, Any]) -> dict[str, Any]:
    (row,) = await driver.rows(
        "SELECT * FROM issued_document WHERE document_id = :id", id=document["document_id"]
    )
    return row


async def test_it_moves_from_its_row_into_the_store(papers: Driver) -> None:
    lodged, _, document = await issued(papers)
    content = (await download(papers, lodged, document)).content
    await stored(papers)
    row = await row_of(papers, document)
    assert row["sealed"] is None
    sealed = await papers.doors.context.files.store.open(row["content_name"])
    assert content[:20] not in sealed
    assert (await download(papers, lodged, document)).content == content


async def test_a_crash_after_storing_stores_the_same_again(papers: Driver) -> None:
    lodged, _, document = await issued(papers)
    content = (await download(papers, lodged, document)).content
    store = papers.doors.context.files.store
    async with papers.doors.units.database.engine.connect() as connection:
        # The store has it, and the transaction that says so never commits.
        row = await row_of(papers, document)
        if row["sealed"] is not None:
            await store.put(row["content_name"], bytes(row["sealed"]))
        await connection.rollback()
    await stored(papers)
    assert (await download(papers, lodged, document)).content == content


async def test_erasing_the_applicant_takes_the_content_and_leaves_that_it_was_issued(
    papers: Driver,
) -> None:
    lodged, work, document = await issued(papers, hp="0812-0000-0099")
    file = await copy_of(papers, lodged)
    await work.finish(salinan=[file["attachment_id"]])
    await stored(papers)
    name = (await row_of(papers, document))["content_name"]
    rows = await papers.rows(
        "SELECT reporter_id FROM complaint WHERE complaint_id = :id", id=lodged.complaint_id
    )
    async with papers.doors.units.begin() as unit:
        await erase_reporters(unit, [str(rows[0]["reporter_id"])])
    await delete_contents(papers.doors.units, papers.doors.context)
    assert (await download(papers, lodged, document)).status_code == 404
    assert [each["available"] for each in await listed(papers, lodged)] == [False, False]
    for each in await listed(papers, lodged):
        assert (await confirmed(papers, each))["status"] == "valid"
        assert (await download(papers, lodged, each)).status_code == 404
    assert (await row_of(papers, document))["content_name"] is None
    assert not (await exists(papers, name))


async def exists(driver: Driver, name: str) -> bool:
    try:
        await driver.doors.context.files.store.open(name)
    except FileMissing:
        return False
    return True
