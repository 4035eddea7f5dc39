"""Reports say what was answered, in the order of the regulation, and hide what is too small."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openpyxl import load_workbook

from services.survey.operations.planning import open_plans
from services.survey.rules.index import ELEMENTS
from shared.auth import Role
from tests.service.survey.people import LINK_KEY, close, fill, problem_of, scores
from tests.support.servers import Databases
from tests.support.system import System, running_system

LEADER = (Role.LEADER,)
#: Of a hundred answers to each element, so many fours; the others are threes. The sum of the NRR
#: is 31.42, which a real unit published as 87.28 and B.
FOURS = {"U1": 31, "U2": 35, "U3": 49, "U4": 93, "U5": 45, "U6": 39, "U7": 39, "U8": 76, "U9": 35}


def published_case() -> list[dict[str, Any]]:
    """Return a hundred answers whose values are those of the published case."""
    rows: list[dict[str, Any]] = [
        {
            "scores": {code: 4 if number < fours else 3 for code, fours in FOURS.items()},
            "respondent": {"sex": "female" if number < 60 else "male"},
        }
        for number in range(100)
    ]
    rows[0]["respondent"]["education"] = "s2"
    rows[1]["comment"] = "Antrean lama sekali, petugas ramah"
    rows[2]["comment"] = "=1+1 antre"
    rows[3]["comment"] = "Bagus"
    return rows


@pytest.fixture(scope="module")
async def reported(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run survey with answers of three periods, two of them closed."""
    home = tmp_path_factory.mktemp("reported")
    core: dict[str, Any] = {"survey_link_key": LINK_KEY}
    async with running_system(databases, home, services=["survey"], **core) as system:
        rows = published_case()
        await fill(system, "dukcapil", "ktp-el", rows[:70], period="2026-02")
        await fill(
            system, "dukcapil", "kartu-keluarga", rows[70:], period="2026-02", channel="link"
        )
        threes = [{"scores": scores(3)}] * 20
        await fill(system, "dukcapil", "ktp-el", threes, period="2026-01")
        await fill(system, "rsud", "rawat-jalan", [{"scores": scores(4)}] * 30, period="2026-02")
        await fill(system, "pbb", "mutasi-pbb", [{"scores": scores(1)}] * 3, period="2026-02")
        await fill(system, "rsud", "rawat-jalan", [{"scores": scores(2)}] * 10, period="2026-03")
        await close(system, "2026-01", "2026-02")
        yield system


async def get(system: System, path: str, *roles: Role, opd: str | None = None) -> Any:
    headers = system.staff(*(roles or LEADER), opd=opd)
    return await system.client.get(f"/survey/v1{path}", headers=headers)


async def test_the_published_case_comes_out_of_single_answers(reported: System) -> None:
    report = (await get(reported, "/reports/2026-02/units/dukcapil")).json()
    index = report["index"]
    assert (index["ikm"], index["quality"], index["answers"]) == (87.28, "B", 100)
    assert index["low"] < 87.28 < index["high"]
    nrrs = [each["nrr"] for each in report["elements"]]
    assert nrrs == [3 + FOURS[code] / 100 for code in ELEMENTS]
    assert report["elements"][0]["weighted"] == 0.368
    assert [each["code"] for each in report["weakest"]] == ["U1", "U2", "U9"]
    assert [each["code"] for each in report["strongest"]] == ["U4", "U8", "U3"]
    assert (report["earlier"][0]["ikm"], report["change"]) == (75.0, 12.28)
    assert report["final"]
    [of_index] = [(await get(reported, "/indexes/2026-02/units/dukcapil")).json()]
    assert {name: of_index[name] for name in index} == index


async def test_sections_stand_in_the_order_of_the_regulation(reported: System) -> None:
    names = list((await get(reported, "/reports/2026-02/units/dukcapil")).json())
    wanted = ["respondents", "elements", "index", "weakest", "earlier", "follow_up", "publication"]
    assert [name for name in names if name in wanted] == wanted


async def test_the_sample_and_the_response_are_told(reported: System) -> None:
    body = {"unit": "dukcapil", "service": "ktp-el", "period": "2026-02", "sent": 120}
    await reported.client.post(
        "/survey/v1/invitations", json=body, headers=reported.staff(Role.SURVEY_MANAGER)
    )
    report = (await get(reported, "/reports/2026-02/units/dukcapil")).json()
    assert report["sample"]["wanted"] == 358
    assert report["sample"]["warning"] == "Baru 100 dari 358 responden; hasil belum mewakili."
    assert report["response"] == {"sent": 120, "answered": 30, "rate": 0.25}
    progress = (await get(reported, "/progress/2026-02")).json()["units"]
    [own] = [each for each in progress if each["unit"] == "dukcapil"]
    assert (own["answers"], own["progress"], own["enough"]) == (100, 0.2793, False)


async def test_small_groups_are_not_shown_and_cannot_be_told(reported: System) -> None:
    report = (await get(reported, "/reports/2026-02/units/dukcapil")).json()
    groups = {each["dimension"]: each["values"] for each in report["respondents"]}
    education = {each["code"]: each for each in groups["education"]}
    for hidden in ("s2", "unstated"):
        assert education[hidden]["answers"] is None
        assert education[hidden]["ikm"] is None
    assert education["sma"]["answers"] == 0
    sex = {each["code"]: each for each in groups["sex"]}
    assert (sex["female"]["answers"], sex["female"]["share"]) == (60, 0.6)
    small = (await get(reported, "/reports/2026-02/units/pbb")).json()
    assert not small["shown"]
    assert small["index"]["ikm"] is None
    assert all(each["nrr"] is None for each in small["elements"])
    assert all(not value["answers"] for each in small["respondents"] for value in each["values"])
    comments = (await get(reported, "/comments/2026-02/units/pbb")).json()
    assert comments == {"items": [], "next": None}


async def test_channels_are_compared(reported: System) -> None:
    report = (await get(reported, "/reports/2026-02/units/dukcapil")).json()
    channels = {each["code"]: each for each in report["channels"]}
    assert (channels["paper"]["answers"], channels["link"]["answers"]) == (70, 30)
    assert channels["paper"]["difference"] == -channels["link"]["difference"]
    assert channels["paper"]["differs"]


async def test_the_pemda_is_the_mean_of_its_shown_units(reported: System) -> None:
    reports = (await get(reported, "/reports/2026-02")).json()
    whole = reports["whole"]
    assert (whole["index"]["ikm"], whole["index"]["answers"]) == (93.64, 130)
    lines = {each["unit"]: each for each in whole["units"]}
    assert (lines["rsud"]["ikm"], lines["rsud"]["quality"]) == (100.0, "A")
    assert (lines["pbb"]["ikm"], lines["pbb"]["answers"]) == (None, None)
    assert lines["air-minum"]["answers"] == 0
    assert len(reports["units"]) == len(whole["units"])


async def test_a_report_holds_the_follow_up_plans_of_its_period(reported: System) -> None:
    context = reported.app.apps["survey"].state.context
    async with reported.service("survey").units.begin() as work:
        await open_plans(work, context, "2026-02")
    report = (await get(reported, "/reports/2026-02/units/dukcapil")).json()
    assert {"U1", "U2"} <= {each["element"] for each in report["follow_up"]}
    assert report["follow_up"][0]["state_name"]
    page = await get(reported, "/reports/2026-02/units/dukcapil/report.html")
    assert "belum ditulis" in page.text


async def test_a_year_is_all_of_its_periods(reported: System) -> None:
    report = (await get(reported, "/reports/2026/units/dukcapil")).json()
    assert (report["period_name"], report["index"]["answers"]) == ("Tahun 2026", 120)
    assert report["sample"]["population"] == 12 * 5200
    assert [each["period"] for each in report["earlier"]] == ["2025", "2024", "2023"]
    assert not report["final"]


async def test_comments_are_grouped_by_theme(reported: System) -> None:
    report = (await get(reported, "/reports/2026-02/units/dukcapil")).json()
    themes = {each["name"]: each["comments"] for each in report["themes"]}
    assert themes == {"Antrean dan waktu tunggu": 2, "Sikap petugas": 1, "Lain-lain": 1}
    first = (await get(reported, "/comments/2026-02/units/dukcapil?theme=antrean&limit=1")).json()
    second = (
        await get(
            reported,
            f"/comments/2026-02/units/dukcapil?theme=antrean&limit=1&cursor={first['next']}",
        )
    ).json()
    texts = {first["items"][0]["text"], second["items"][0]["text"]}
    assert texts == {"Antrean lama sekali, petugas ramah", "=1+1 antre"}
    assert second["next"] is None
    bad = await get(reported, "/comments/2026-02/units/dukcapil?cursor=x")
    assert problem_of(bad, 422) == "invalid"


async def test_a_report_is_a_csv_and_a_workbook(reported: System) -> None:
    answer = await get(reported, "/reports/2026-02/units/dukcapil/report.csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    sections = list(dict.fromkeys(row[0] for row in rows))
    assert sections == [
        "Responden", "Unsur", "IKM", "Terlemah dan terkuat", "Perbandingan", "Tindak lanjut",
        "Saran", "Publikasi",
    ]  # fmt: skip
    assert [row for row in rows if row[0] == "IKM"][1][:4] == ["IKM", "87.28", "B", "Baik"]
    book = await get(reported, "/reports/2026-02/units/dukcapil/report.xlsx")
    workbook = load_workbook(io.BytesIO(book.content))
    assert workbook.sheetnames == sections
    assert workbook["IKM"]["A2"].value == 87.28
    assert 'filename="ikm-dukcapil-2026-02.xlsx"' in book.headers["content-disposition"]


async def test_all_units_are_a_csv_and_a_workbook(reported: System) -> None:
    rows = list(csv.reader(io.StringIO((await get(reported, "/reports/2026-02/all.csv")).text)))
    lines = {row[0]: row for row in rows}
    assert lines["dukcapil"][5:8] == ["87.28", "B", "3.31"]
    assert lines["pbb"][3] == "terlalu sedikit"
    assert rows[-1][5] == "93.64"
    book = await get(reported, "/reports/2026-02/all.xlsx")
    assert load_workbook(io.BytesIO(book.content)).sheetnames == ["IKM", "Responden"]


async def test_pages_hold_plots_and_run_nothing(reported: System) -> None:
    for path in ("/reports/2026-02/units/dukcapil/report.html", "/reports/2026-02/all.html"):
        page = await get(reported, path)
        assert page.status_code == 200, page.text
        assert "<svg" in page.text
        assert "<script" not in page.text
        assert "87,28" in page.text
    empty = await get(reported, "/reports/2026-02/units/air-minum/report.html")
    assert "Belum dapat ditampilkan" in empty.text


async def test_a_head_sees_their_own_opd_alone(reported: System) -> None:
    own = await get(reported, "/reports/2026-02/units/dukcapil", Role.HEAD, opd="DUKCAPIL")
    assert own.status_code == 200
    for path in (
        "/reports/2026-02/units/rsud",
        "/indexes/2026-02/units/rsud",
        "/comments/2026-02/units/rsud",
        "/reports/2026-02/units/rsud/report.csv",
        "/reports/2026-02/units/rsud/report.xlsx",
        "/reports/2026-02/units/rsud/report.html",
        "/reports/2026-02",
        "/reports/2026-02/all.csv",
        "/reports/2026-02/all.xlsx",
        "/reports/2026-02/all.html",
    ):
        refused = await get(reported, path, Role.HEAD, opd="DUKCAPIL")
        assert problem_of(refused, 403) == "survey-unit-not-yours"
        assert (await reported.client.get(f"/survey/v1{path}")).status_code == 401
        assert (await get(reported, path, Role.OFFICER, opd="RSUD")).status_code == 403
    seen = await get(reported, "/progress/2026-02", Role.HEAD, opd="DUKCAPIL")
    assert [each["unit"] for each in seen.json()["units"]] == ["dukcapil"]
    lost = await get(reported, "/progress/2026-02", Role.HEAD)
    assert problem_of(lost, 403) == "survey-opd-missing"


async def test_what_there_is_not_is_said(reported: System) -> None:
    assert problem_of(await get(reported, "/reports/2026-02/units/x"), 404) == "survey-unit-unknown"
    for period in ("2026-Q1", "2026-13", "x"):
        refused = await get(reported, f"/reports/{period}/units/rsud")
        assert problem_of(refused, 422) == "survey-period-invalid"
    assert "Tulis seperti 2026-03" in refused.json()["detail"]


async def test_everybody_sees_the_newest_closed_period(reported: System) -> None:
    page = await reported.client.get("/survey/v1/results")
    assert "Februari 2026" in page.text
    assert 'href="/survey/v1/results/dukcapil"' in page.text
    assert "93,64" in page.text
    open_data = (await reported.client.get("/survey/v1/results.json")).json()
    assert (open_data["period"], open_data["index"]["ikm"]) == ("2026-02", 93.64)
    unit = await reported.client.get("/survey/v1/results/dukcapil")
    assert "Penanggung jawab" not in unit.text
    assert "87,28" in unit.text
    older = await reported.client.get("/survey/v1/results/dukcapil?period=2026-01")
    assert "75,00" in older.text


async def test_what_is_not_closed_is_not_public(reported: System) -> None:
    for path in ("results", "results.json", "results/rsud"):
        running = await reported.client.get(f"/survey/v1/{path}?period=2026-03")
        assert problem_of(running, 404) == "survey-nothing-published"
    unknown = await reported.client.get("/survey/v1/results/x")
    assert problem_of(unknown, 404) == "survey-unit-unknown"


async def test_before_the_first_closed_period_there_is_a_page_too(survey: System) -> None:
    page = await survey.client.get("/survey/v1/results")
    assert (page.status_code, "Belum ada hasil" in page.text) == (200, True)
    refused = await survey.client.get("/survey/v1/results.json")
    assert problem_of(refused, 404) == "survey-nothing-published"
