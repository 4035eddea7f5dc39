"""The self-assessment of a year, the ranking of OPDs, and rewards that are given once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.auth import Role
from tests.service.survey.inventing import Inventing
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="module")
async def people(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Inventing]:
    """Run survey for this module."""
    home = tmp_path_factory.mktemp("awards")
    async with running_system(databases, home, services=["survey"]) as system:
        yield Inventing(system)


async def test_the_best_three_are_rewarded_once_and_ties_share(people: Inventing) -> None:
    nothing = await people.client.post(
        "/survey/v1/innovation-rankings/2026/rewards", headers=people.coordinator
    )
    assert nothing.status_code == 409
    for opd, mark in (("RSUD", 90), ("DLH", 80), ("PDAM", 70), ("DINKES", 70), ("DINSOS", 60)):
        await people.displayed(opd, mark)
    ranking = await people.client.get(
        "/survey/v1/innovation-rankings/2026", headers=people.coordinator
    )
    places = [(each["opd"], each["rank"], each["rewarded"]) for each in ranking.json()["ranks"]]
    assert places == [
        ("RSUD", 1, True),
        ("DLH", 2, True),
        ("DINKES", 3, True),
        ("PDAM", 3, True),
        ("DINSOS", 5, False),
    ]
    answers = await asyncio.gather(
        *(
            people.client.post(
                "/survey/v1/innovation-rankings/2026/rewards", headers=people.coordinator
            )
            for _ in range(3)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    public = (await people.client.get("/survey/v1/innovation-rewards/2026")).json()
    assert [each["opd"] for each in public["rewards"]] == ["RSUD", "DLH", "DINKES", "PDAM"]
    assert public["rewards"][2]["reason"].startswith("Peringkat 3 (bersama) dengan nilai 70,00")
    # What was awarded stays, whatever comes after.
    await people.displayed("BPBD", 99)
    again = await people.client.post(
        "/survey/v1/innovation-rankings/2026/rewards", headers=people.coordinator
    )
    assert again.json() == public
    page = await people.client.get("/survey/v1/gallery/page")
    assert "1. Rumah Sakit Umum Daerah Contoh Raya" in page.text
    officer = people.officer("RSUD")
    refused = await people.client.post(
        "/survey/v1/innovation-rankings/2026/rewards", headers=officer
    )
    assert refused.status_code == 403
    assert (await people.client.get("/survey/v1/innovation-rankings/2026")).status_code == 401
    empty = await people.client.get("/survey/v1/innovation-rankings/2025", headers=officer)
    assert empty.json()["ranks"] == []


async def test_the_self_assessment_adds_up(people: Inventing) -> None:
    path = "/survey/v1/innovation-assessments/2025"
    empty = (await people.client.get(path, headers=people.coordinator)).json()
    assert (empty["index"], empty["band"], empty["band_name"]) == (0, None, "Tidak dapat dinilai")
    assert len(empty["unanswered"]) == 35
    scopes: dict[str, dict[str, Any]] = {"pemda": {}, "innovation": {}}
    for each in empty["indicators"]:
        assert each["assumed"] is True
        if each["scope"] in scopes:
            scopes[each["scope"]][each["code"]] = each["top"]
    stored = await people.client.put(
        f"{path}/pemda", json={"levels": scopes["pemda"]}, headers=people.coordinator
    )
    assert stored.status_code == 200, stored.text
    for _ in range(5):
        innovation = await people.propose("DLH")
        sheet = await people.client.put(
            f"{path}/innovations/{innovation['innovation_id']}",
            json={"levels": scopes["innovation"]},
            headers=people.officer("DLH"),
        )
        assert sheet.status_code == 200, sheet.text
    shown = (await people.client.get(path, headers=people.coordinator)).json()
    # 25.2 of the Pemda, half of 74.0 for five of ten innovations, half of 0.8 for their number.
    assert shown["index"] == 62.6
    assert (shown["band"], shown["unanswered"]) == ("sangat-inovatif", [])
    officer = (await people.client.get(path, headers=people.officer("RSUD"))).json()
    assert (officer["index"], officer["sheets"]) == (62.6, [])


async def test_wrong_sheets_and_others_sheets_are_refused(people: Inventing) -> None:
    path = "/survey/v1/innovation-assessments/2024"
    innovation = await people.propose("DLH")
    for levels, field in (({"apbd": 4}, "/levels/apbd"), ({"regulasi": 1}, "/levels/regulasi")):
        answer = await people.client.put(
            f"{path}/pemda", json={"levels": levels}, headers=people.coordinator
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    mine = await people.client.put(
        f"{path}/pemda", json={"levels": {}}, headers=people.officer("DLH")
    )
    assert mine.status_code == 403
    target = f"{path}/innovations/{innovation['innovation_id']}"
    for headers, status in (
        (people.officer("RSUD"), 404),
        (people.system.staff(Role.LEADER), 403),
    ):
        answer = await people.client.put(target, json={"levels": {}}, headers=headers)
        assert answer.status_code == status
