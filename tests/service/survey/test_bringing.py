"""Interviews and paper forms: each interview for itself, a file whole or not at all."""

import asyncio
from typing import Any

import pytest

from shared.auth import Role
from tests.service.survey.people import People, problem_of, scores
from tests.support.system import System

HEADER = "unit,layanan,tanggal,U1,U2,U3,U4,U5,U6,U7,U8,U9,jenis_kelamin,usia,saran"


def interview(number: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"wawancara-{number}",
        "device_time": "2026-03-08T10:15:00+07:00",
        "unit": "kecamatan-mekarsari",
        "service": "ahli-waris",
        "scores": scores(),
        **changed,
    }


async def bring(survey: System, *interviews: dict[str, Any], who: str = "juru-1") -> Any:
    headers = survey.staff(Role.INTERVIEWER, subject=who)
    body = {"interviews": list(interviews)}
    return await survey.client.post("/survey/v1/interviews", json=body, headers=headers)


async def test_each_interview_has_its_own_result(survey: System, people: People) -> None:
    answer = await bring(
        survey,
        interview("1"),
        interview("2", scores=scores(3, U1=9)),
        interview("3", unit="tidak-ada"),
        interview("4", device_time="2026-01-08T10:15:00+07:00"),
        interview("5", device_time="2026-03-20T10:15:00+07:00"),
        interview("6", device_time="2026-03-08T10:15:00"),
        interview("7", device_time="0001-01-01T00:00:00+14:00"),
        who="juru-0",
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["stored"] == 2
    outcomes = [each["outcome"] for each in told["results"]]
    assert outcomes == ["stored", "refused", "refused", "refused", "refused", "stored", "refused"]
    assert told["results"][1]["errors"][0]["field"] == "/scores/U1"
    assert "sudah ditutup" in told["results"][3]["reason"]
    assert "belum terjadi" in told["results"][4]["reason"]
    stored = await people.answers(channel="interview")
    assert {str(row["answered_on"]) for row in stored} == {"2026-03-08"}
    [batch] = await survey.rows("survey", "SELECT * FROM batch WHERE brought_by = 'juru-0'")
    assert (batch["kind"], batch["answers"]) == ("interview", 2)


async def test_a_batch_sent_again_counts_nothing_twice(survey: System, people: People) -> None:
    before = len(await people.answers())
    first = await bring(survey, interview("a"), interview("b"))
    again, beside = await asyncio.gather(
        bring(survey, interview("a"), interview("b")),
        bring(survey, interview("a"), interview("b"), interview("a", scores=scores(1))),
    )
    assert [each["outcome"] for each in first.json()["results"]] == ["stored", "stored"]
    assert [each["outcome"] for each in again.json()["results"]] == ["repeated", "repeated"]
    outcomes = [each["outcome"] for each in beside.json()["results"]]
    assert outcomes == ["repeated", "repeated", "refused"]
    other = await bring(survey, interview("a"), who="juru-2")
    assert other.json()["stored"] == 1
    assert len(await people.answers()) == before + 3


async def paper(survey: System, content: bytes | str, **headers: str) -> Any:
    return await survey.client.post(
        "/survey/v1/paper-forms",
        content=content,
        headers={**survey.staff(Role.SURVEY_MANAGER), "Content-Type": "text/csv", **headers},
    )


async def test_a_file_is_taken_whole(survey: System, people: People) -> None:
    rows = [
        HEADER,
        "pbb,mutasi-pbb,2026-03-02,3,3,3,4,3,3,3,3,3,P,30-39 tahun,Ruang tunggu panas",
        "pbb,mutasi-pbb,3/3/2026,2,3,,4,3,3,3,3,3,Laki-laki,,",
    ]
    answer = await paper(survey, "\n".join(rows))
    assert (answer.status_code, answer.json()["answers"]) == (201, 2)
    stored = await people.answers(channel="paper", unit="pbb")
    assert {(row["sex"], row["age"], row["u3"]) for row in stored} == {
        ("female", "30_39", 3),
        ("male", None, None),
    }
    again = await paper(survey, "\n".join(rows))
    assert problem_of(again, 409) == "survey-file-taken"


async def test_a_file_of_a_spreadsheet_with_semicolons_is_read(
    survey: System, people: People
) -> None:
    rows = [HEADER.replace(",", ";").upper(), "rsud;rawat-jalan;09-03-2026;4;4;4;4;4;4;4;4;4;;;"]
    answer = await paper(survey, b"\xef\xbb\xbf" + "\r\n".join(rows).encode())
    assert answer.status_code == 201, answer.text


async def test_the_same_upload_with_its_key_is_answered_as_before(survey: System) -> None:
    row = f"{HEADER}\nrsud,gawat-darurat,2026-03-02,3,3,3,4,3,3,3,3,3,,,"
    key = {"Idempotency-Key": "berkas-maret-1"}
    first, second = await paper(survey, row, **key), await paper(survey, row, **key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_one_mistake_and_nothing_of_a_file_is_kept(survey: System, people: People) -> None:
    before = len(await people.answers())
    rows = [
        HEADER,
        "rsud,rawat-jalan,2026-03-02,3,3,3,4,3,3,3,3,3,,,benar",
        "rsud,rawat-jalan,2026-03-02,5,3,3,4,3,3,3,3,x,,,",
        "rsud,tidak-ada,2026-03-02,3,3,3,4,3,3,3,3,3,,,",
        "rsud,rawat-jalan,kemarin,3,3,3,4,3,3,3,3,3,,,",
        "rsud,rawat-jalan,2026-03-31,3,3,3,4,3,3,3,3,3,,,",
        "rsud,rawat-jalan,2026-01-02,3,3,3,4,3,3,3,3,3,,,",
        "rsud,rawat-jalan,2026-03-02,,,,,,,,,,,,",
        "rsud,rawat-jalan,2026-03-02,3,3,3,4,3,3,3,3,3,X,,",
        "rsud,rawat-jalan,2026-03-02,3,3,3,4,3,3,3,3,3,,,a,b",
    ]
    answer = await paper(survey, "\n".join(rows))
    assert problem_of(answer, 422) == "survey-paper-refused"
    told = [each["field"] for each in answer.json()["errors"]]
    assert told == [
        "baris 3, kolom U1", "baris 3, kolom U9", "baris 4, kolom unit", "baris 5, kolom tanggal",
        "baris 6, kolom tanggal", "baris 7, kolom tanggal", "baris 8, kolom U1",
        "baris 9, kolom jenis_kelamin", "baris 10, kolom -",
    ]  # fmt: skip
    assert answer.json()["mistakes"] == 9
    assert len(await people.answers()) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Kolom yang kurang"),
        (b"unit,layanan\na,b", "Kolom yang kurang: tanggal"),
        (f"{HEADER},nik\n".encode(), "Kolom yang tidak dikenal: nik"),
        (f"{HEADER},U1\n".encode(), "Kolom yang ganda: U1"),
        (f"{HEADER}\n".encode(), "tidak berisi"),
        (HEADER.encode("utf-16"), "UTF-8"),
        (f'{HEADER}\n"a'.encode(), "bukan CSV"),
        (f"{HEADER}\n\x00".encode(), "bukan CSV"),
    ],
)
async def test_what_is_no_such_file_is_refused(survey: System, content: bytes, said: str) -> None:
    answer = await paper(survey, content)
    assert problem_of(answer, 422) == "survey-paper-unreadable"
    assert said in answer.json()["detail"]


async def test_others_bring_nothing(survey: System, people: People) -> None:
    body = {"interviews": [interview("x")]}
    for headers, status in (({}, 401), (survey.staff(Role.OFFICER, opd="RSUD"), 403)):
        interviews = await survey.client.post("/survey/v1/interviews", json=body, headers=headers)
        assert interviews.status_code == status
    headers = survey.staff(Role.INTERVIEWER)
    refused = await survey.client.post("/survey/v1/paper-forms", content="x", headers=headers)
    assert refused.status_code == 403
