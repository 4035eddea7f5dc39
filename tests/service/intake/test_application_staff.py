"""Staff apply for others, and read the applications of their own OPD alone."""

import csv
import io
from typing import Any

import openpyxl

from shared.auth import Role
from tests.service.intake.applying import CODE, MOHON, NAME, Casework, applied
from tests.service.intake.driver import Driver, Lodged

STAFF = "/intake/v1/staff"
LIST = f"{STAFF}/applications"
REASON = {"reason": "Memeriksa berkas permohonan."}


def _officer(offices: Driver, opd: str = "DPMPTSP", *roles: Role) -> dict[str, str]:
    return offices.system.staff(*(roles or (Role.OFFICER,)), opd=opd)


async def _write(
    offices: Driver, headers: dict[str, str], *, key: str | None = None, **changes: Any
) -> Any:
    form = {"answers": {**MOHON, **changes}, "opd": "DPMPTSP"}
    more = {"Idempotency-Key": key} if key else {}
    return await offices.client.post(
        f"{STAFF}/services/{CODE}/applications", json=form, headers={**headers, **more}
    )


async def _listed(offices: Driver, headers: dict[str, str], **chosen: Any) -> dict[str, Any]:
    answer = await offices.client.get(LIST, params=chosen, headers=headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_an_operator_applies_for_a_citizen_and_an_opd_for_itself(offices: Driver) -> None:
    operator = offices.system.staff(Role.OPERATOR, subject="loket-1")
    at_counter = await _write(offices, operator, key="loket-satu")
    assert at_counter.status_code == 201, at_counter.text
    again = await _write(offices, operator, key="loket-satu")
    assert again.json()["complaint_id"] == at_counter.json()["complaint_id"]
    other = offices.system.staff(Role.OPERATOR, subject="loket-2")
    assert (await _write(offices, other, key="loket-satu")).json() != at_counter.json()
    asks = await _write(offices, _officer(offices, "DISHUB"), uraian="Untuk Dishub.")
    rows = await offices.rows(
        """SELECT a.applicant, a.applicant_opd, c.entered_by FROM application a
        JOIN complaint c USING (complaint_id)
        WHERE complaint_id IN (CAST(:one AS uuid), CAST(:two AS uuid)) ORDER BY 1""",
        one=at_counter.json()["complaint_id"],
        two=asks.json()["complaint_id"],
    )
    assert [tuple(row.values()) for row in rows] == [
        ("opd", "DISHUB", "staff-1"),
        ("operator", None, "loket-1"),
    ]
    nobody = await offices.client.post(
        f"{STAFF}/services/{CODE}/applications", json={"answers": MOHON}
    )
    assert nobody.status_code == 401
    assert (await _write(offices, offices.system.staff(Role.TRADER))).status_code == 403
    rtlh = await offices.client.post(
        f"{STAFF}/services/rtlh/applications", json={"answers": {}}, headers=_officer(offices)
    )
    assert rtlh.json()["type"].endswith("applicant-refused")


async def _of(offices: Driver, opd: str, **answers: Any) -> Lodged:
    lodged = await applied(offices, **answers)
    await Casework(offices, lodged, opd, CODE).assign()
    return lodged


async def test_a_list_has_what_the_own_opd_has_and_nothing_personal(offices: Driver) -> None:
    mine = await _of(offices, "DPMPTSP", uraian="Soto ayam lamongan.")
    theirs = await _of(offices, "DISHUB", uraian="Soto ayam lamongan.")
    for opd, own, other in (("DPMPTSP", mine, theirs), ("DISHUB", theirs, mine)):
        found = await _listed(offices, _officer(offices, opd), q="soto LAMONGAN")
        codes = [each["tracking_code"] for each in found["items"]]
        assert own.code in codes
        assert other.code not in codes
    (item,) = [
        each
        for each in (await _listed(offices, _officer(offices), q=mine.answer["number"]))["items"]
        if each["tracking_code"] == mine.code
    ]
    assert item["answers"]["jenis"] == "warung"
    assert (NAME in str(item), "nama" in item["answers"], "modal" in item["answers"]) == (
        False,
        False,
        False,
    )
    assert (await _listed(offices, _officer(offices), q="10%_"))["items"] == []
    desk = await offices.client.get(LIST, headers=offices.system.staff(Role.TRIAGE))
    assert desk.status_code == 403


async def test_pages_and_filters(offices: Driver) -> None:
    made = [await _of(offices, "BAPENDA", karyawan=number) for number in range(3)]
    case = Casework(offices, made[0], "BAPENDA", CODE)
    await case.enter("periksa", outcome="done")
    head = _officer(offices, "BAPENDA", Role.HEAD)
    first = await _listed(offices, head, limit=2)
    rest = await _listed(offices, head, limit=2, cursor=first["next"])
    codes = [each["tracking_code"] for page in (first, rest) for each in page["items"]]
    assert codes == [each.code for each in reversed(made)]
    assert rest["next"] is None
    done = await _listed(offices, head, outcome="done", stage="uji-mohon.periksa", service=CODE)
    assert [each["tracking_code"] for each in done["items"]] == [made[0].code]
    assert len((await _listed(offices, head, outcome="open"))["items"]) == 2
    today = offices.now.date().isoformat()
    assert len((await _listed(offices, head, since=today, until=today))["items"]) == 3
    for day in ("0001-01-01", "9999-12-31"):
        assert len((await _listed(offices, head, since="0001-01-01"))["items"]) == 3
        assert (await _listed(offices, head, since="9999-12-31", until=day))["items"] == []
    for cursor in ("x", "WzEsMl0", "WyJhIiwiYiJd"):
        bad = await offices.client.get(LIST, params={"cursor": cursor}, headers=head)
        assert bad.status_code == 422


async def test_exports_have_a_column_for_each_public_answer(offices: Driver) -> None:
    lodged = await _of(offices, "BKPSDM", uraian="=HYPERLINK(1)", karyawan=7, izin=["nib"])
    officer = _officer(offices, "BKPSDM")
    chosen = {"service": CODE}
    answer = await offices.client.get(f"{LIST}/export.csv", params=chosen, headers=officer)
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["kode"] for line in lines] == [lodged.code]
    assert (lines[0]["Uraian"], lines[0]["Karyawan"]) == ("'=HYPERLINK(1)", "7")
    assert (lines[0]["Jenis usaha"], lines[0]["Izin yang ada"]) == ("Warung makan", "NIB")
    assert "Nama" not in lines[0]
    assert NAME not in answer.text
    book = await offices.client.get(f"{LIST}/export.xlsx", params=chosen, headers=officer)
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    assert sheet.max_row == 2
    assert sheet.cell(2, 1).value == lodged.code
    assert (await offices.client.get(f"{LIST}/export.pdf", headers=officer)).status_code == 422


async def test_all_answers_are_for_the_opd_of_the_case_with_a_reason(offices: Driver) -> None:
    lodged = await _of(offices, "DPMPTSP")
    url = f"{LIST}/{lodged.complaint_id}"
    officer = _officer(offices)
    assert (await offices.client.get(url, headers=officer)).status_code == 422
    seen = (await offices.client.get(url, params=REASON, headers=officer)).json()
    assert (seen["all_answers"]["nama"], seen["score"]["points"]) == (NAME, 75)
    strange = _officer(offices, "DISHUB")
    assert (await offices.client.get(url, params=REASON, headers=strange)).status_code == 404
    await Casework(offices, lodged, "DISHUB", CODE).assign()
    assert (await offices.client.get(url, params=REASON, headers=officer)).status_code == 404
    entries = await offices.rows(
        "SELECT * FROM audit_entry WHERE object = :object ORDER BY seq",
        object=f"complaint:{lodged.complaint_id}",
    )
    assert [(each["actor"], each["action"]) for each in entries] == [("staff-1", "answers_read")]
    assert "modal" in entries[0]["details"]
    # The applicant reads what is held, and who was shown it.
    mine = (await offices.client.get(f"{lodged.path}/my-data", headers=lodged.key)).json()
    held = mine["complaints"][0]
    assert held["answers"]["nama"] == NAME
    assert held["unmasked"][0]["reason"] == REASON["reason"]
    complaint = await offices.lodge()
    unknown = await offices.client.get(
        f"{LIST}/{complaint.complaint_id}", params=REASON, headers=officer
    )
    assert unknown.status_code == 404


async def test_an_opd_reads_what_it_asked_for_itself(offices: Driver) -> None:
    asks = _officer(offices, "DINKES")
    said = (await _write(offices, asks)).json()
    lodged = Lodged(said["complaint_id"], said["tracking_code"], said["secret"], said)
    await Casework(offices, lodged, "DPMPTSP", CODE).assign()
    (item,) = (await _listed(offices, asks))["items"]
    assert (item["applicant_opd"], item["opd"]) == ("DINKES", "DPMPTSP")
    seen = await offices.client.get(f"{LIST}/{lodged.complaint_id}", params=REASON, headers=asks)
    assert seen.json()["all_answers"]["nama"] == NAME
