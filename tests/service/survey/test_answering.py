"""An answer counts once, is refused with a reason, and tells nobody who gave it."""

import asyncio

import pytest

from services.survey.queries import recount
from shared.survey_links import SurveyLink, sign_link
from tests.service.survey.people import KEYS, PERIOD, People, problem_of, scores
from tests.support.system import System


async def tallies(survey: System, **where: str) -> list[dict[str, object]]:
    found = await survey.rows(
        "survey", "SELECT * FROM tally ORDER BY period, unit, service, dimension, value"
    )
    return [row for row in found if all(row[name] == each for name, each in where.items())]


async def test_an_answer_is_stored_and_counted(survey: System, people: People) -> None:
    respondent = {"sex": "female", "age": "30_39"}
    content = {"scores": scores(3, U4=4), "respondent": respondent, "extras": {"online": 2}}
    answer = await people.answer(content, unit="mal-pelayanan-publik", service="izin-reklame")
    assert answer.status_code == 201, answer.text
    assert answer.json()["period"] == PERIOD
    [stored] = await people.answers(service="izin-reklame")
    assert (stored["channel"], stored["sex"], stored["u4"]) == ("public", "female", 4)
    rows = await tallies(survey, service="izin-reklame")
    assert {(row["dimension"], row["value"]) for row in rows} == {
        ("all", "all"),
        ("channel", "public"),
        ("sex", "female"),
        ("age", "30_39"),
        ("education", "unstated"),
        ("occupation", "unstated"),
    }
    assert all((row["answers"], row["u4_4"], row["u1_3"]) == (1, 1, 1) for row in rows)
    [extra] = await survey.rows("survey", "SELECT * FROM extra_tally")
    assert (extra["question"], extra["score"], extra["answers"]) == ("online", 2, 1)


async def test_what_is_counted_is_what_counting_anew_finds(survey: System, people: People) -> None:
    for number in range(1, 5):
        await people.answer({"scores": scores(number, U2=1)}, unit="rsud", service="rawat-jalan")
        await people.answer({"scores": {"U1": number}}, unit="rsud", service="rawat-inap")
    before = await tallies(survey)
    extras = await survey.rows("survey", "SELECT * FROM extra_tally ORDER BY 1, 2, 3, 4")
    async with survey.service("survey").database.transaction() as connection:
        await recount(connection, PERIOD)
    assert await tallies(survey) == before
    after = await survey.rows("survey", "SELECT * FROM extra_tally ORDER BY 1, 2, 3, 4")
    assert after == extras


async def test_a_device_answers_once_for_each_service(survey: System, people: People) -> None:
    device = people.device()
    assert (await people.answer(device=device)).status_code == 201
    again = await people.answer({"scores": scores(1)}, device=device)
    assert problem_of(again, 409) == "survey-answered-already"
    other = await people.answer(device=device, service="akta-kelahiran")
    assert other.status_code == 201


async def test_the_same_request_twice_is_one_answer(survey: System, people: People) -> None:
    device = people.device()
    before = len(await people.answers())
    first = await people.answer(device=device, key="kunci-satu-1")
    second = await people.answer(device=device, key="kunci-satu-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    changed = await people.answer({"scores": scores(1)}, device=device, key="kunci-satu-1")
    assert problem_of(changed, 409) == "survey-answered-already"
    assert len(await people.answers()) == before + 1


async def test_of_many_at_once_by_one_device_one_counts(survey: System, people: People) -> None:
    device = people.device()
    before = len(await people.answers())
    sent = [people.answer(device=device, service="akta-kematian") for _ in range(8)]
    found = sorted(answer.status_code for answer in await asyncio.gather(*sent))
    assert found == [201, *[409] * 7]
    assert len(await people.answers()) == before + 1


async def test_without_a_device_there_is_no_answer(survey: System, people: People) -> None:
    body = {"unit": "dukcapil", "service": "ktp-el", "scores": scores()}
    answer = await survey.client.post("/survey/v1/answers", json=body)
    assert problem_of(answer, 422) == "survey-device-missing"


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        ({"scores": scores(3, U3=5)}, "/scores/U3", "pilih 1, 2, 3, atau 4"),
        ({"scores": scores(3, U3=0)}, "/scores/U3", "pilih 1, 2, 3, atau 4"),
        ({"scores": {"U10": 3}}, "/scores/U10", "U1 sampai U9"),
        ({"scores": {}}, "/scores", "sekurang-kurangnya satu"),
        ({"extras": {"online": 6}}, "/extras/online", "1 sampai 5"),
        ({"extras": {"lain": 1}}, "/extras/lain", "tidak ada"),
        ({"texts": {"lain": "x"}}, "/texts/lain", "tidak ada"),
    ],
)
async def test_answers_that_the_form_does_not_offer_are_named(
    survey: System, people: People, content: dict[str, object], field: str, words: str
) -> None:
    answer = await people.answer(content)
    assert problem_of(answer, 422) == "survey-answers-invalid"
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["message"]


@pytest.mark.parametrize(("unit", "service"), [("tidak-ada", "ktp-el"), ("dukcapil", "tidak-ada")])
async def test_an_unknown_unit_or_service_is_said(
    survey: System, people: People, unit: str, service: str
) -> None:
    answer = await people.answer(unit=unit, service=service)
    assert problem_of(answer, 404) == "survey-unit-unknown"


async def test_a_link_is_spent_once(survey: System, people: People) -> None:
    token = people.link()
    first = await people.answer_by(token)
    assert (first.status_code, first.json()["unit"]) == (201, "dukcapil")
    assert problem_of(await people.answer_by(token), 409) == "survey-link-spent"


async def test_a_link_sent_again_with_its_key_is_answered_as_before(
    survey: System, people: People
) -> None:
    token = people.link()
    for _ in range(2):
        assert (await people.answer_by(token, key="kunci-dua-22")).status_code == 201


async def test_two_at_once_by_one_link_are_one_answer(survey: System, people: People) -> None:
    token = people.link(service="kartu-keluarga")
    found = await asyncio.gather(*(people.answer_by(token) for _ in range(5)))
    assert sorted(answer.status_code for answer in found) == [201, *[409] * 4]
    assert len(await people.answers(service="kartu-keluarga")) == 1


async def test_a_link_of_intake_counts_for_a_unit_of_the_opd_or_the_fallback(
    survey: System, people: People
) -> None:
    for opd, unit in (("DISHUB", "pengaduan"), ("-", "pengaduan"), ("KOMINFO", "pengaduan")):
        answer = await people.answer_by(people.link(unit=opd, service="pengaduan"))
        assert answer.json()["unit"] == unit
    by_opd = await people.answer_by(people.link(unit="DINKES", service="imunisasi"))
    assert by_opd.json()["unit"] == "puskesmas-tirtajaya"


@pytest.mark.parametrize("token", ["x", "x.y", "_._", "W10.AAAA"])
async def test_a_link_that_nobody_signed_is_refused(
    survey: System, people: People, token: str
) -> None:
    assert problem_of(await people.answer_by(token), 404) == "survey-link-invalid"


async def test_a_link_to_what_there_is_not_is_refused(survey: System, people: People) -> None:
    for link in (
        SurveyLink("dukcapil", "tidak-ada", PERIOD, "n1"),
        SurveyLink("dukcapil", "ktp-el", "kapan", "n2"),
    ):
        answer = await people.answer_by(sign_link(KEYS, link))
        assert problem_of(answer, 404) == "survey-link-invalid"
    foreign = sign_link([bytes(32)], SurveyLink("dukcapil", "ktp-el", PERIOD, "n3"))
    assert problem_of(await people.answer_by(foreign), 404) == "survey-link-invalid"


async def test_a_period_that_is_over_or_has_not_begun_takes_nothing(
    survey: System, people: People
) -> None:
    over = await people.answer_by(people.link(period="2026-01"))
    assert problem_of(over, 409) == "survey-period-not-open"
    assert "Januari 2026 sudah ditutup" in over.json()["detail"]
    ahead = await people.answer_by(people.link(period="2026-04"))
    assert "belum dimulai" in ahead.json()["detail"]


async def test_comments_stand_apart_and_are_masked(survey: System, people: People) -> None:
    said = "Antrean lama, hubungi 081234567890 atau warga@contoh.example"
    await people.answer({"comment": said}, unit="pbb", service="mutasi-pbb")
    [comment] = await survey.rows("survey", "SELECT * FROM comment WHERE unit = 'pbb'")
    assert comment["text"] == "Antrean lama, hubungi [telepon] atau [email]"
    assert comment["themes"] == ["antrean"]
    assert set(comment) == {
        "comment_id", "period", "unit", "service", "question", "text", "themes",
    }  # fmt: skip


async def test_nothing_that_is_kept_says_who_answered(survey: System, people: People) -> None:
    device, token = people.device(), people.link()
    await people.answer(device=device)
    await people.answer_by(token)
    nonce = f"{people.prefix}-2"
    for table in ("answer", "claim", "comment", "survey_period", "idempotency"):
        for row in await survey.rows("survey", f"SELECT * FROM {table}"):  # noqa: S608
            kept = repr(row)
            assert device not in kept
            assert nonce not in kept
