"""The panel scores blindly: no door shows a score before it is final, whoever asks."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared.auth import Role
from shared.ids import new_id
from tests.service.survey.inventing import Inventing
from tests.support.servers import Databases
from tests.support.system import running_system

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi" / "survey.json"
#: A mark whose total no other figure happens to be, and words that no one else writes.
MARK, TOTAL, COMMENT = 73, "73.0", "Penanda-buta: manfaatnya belum terukur."


@pytest.fixture(scope="module")
async def people(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Inventing]:
    """Run survey for this module; each test has innovations of its own."""
    home = tmp_path_factory.mktemp("panel")
    async with running_system(databases, home, services=["survey"]) as system:
        yield Inventing(system)


async def test_two_that_agree_are_final_and_then_shown(people: Inventing) -> None:
    innovation = await people.delivered()
    first = (await people.score(innovation, people.panelist("a"), 70)).json()
    assert (first["state"], first["scores"], first["final_score"]) == ("waiting", [], None)
    assert first["own"]["total"] == 70
    second = (await people.score(innovation, people.panelist("b"), 84)).json()
    assert (second["state"], second["final_score"]) == ("final", 77)
    assert [each["total"] for each in second["scores"]] == [70, 84]
    assert "panel-a" not in json.dumps(second)
    late = await people.score(innovation, people.panelist("c"), 50)
    assert (late.status_code, late.json()["title"]) == (409, "Inovasi tidak sedang dinilai")


async def test_a_large_difference_asks_a_third_who_sees_neither(people: Inventing) -> None:
    innovation = await people.delivered()
    await people.score(innovation, people.panelist("a"), 40)
    apart = (await people.score(innovation, people.panelist("b"), 80)).json()
    assert (apart["state"], apart["scores"], apart["final_score"]) == ("third_asked", [], None)
    shown = (await people.get(innovation, people.coordinator)).json()
    assert (shown["panel"], shown["final_score"]) == ("third_asked", None)
    third = (await people.score(innovation, people.panelist("c"), 74)).json()
    assert (third["state"], third["final_score"]) == ("final", 77)


@pytest.mark.parametrize("marks", [(73,), (73, 99)])
async def test_no_door_shows_a_score_before_it_is_final(
    people: Inventing, marks: tuple[int, ...]
) -> None:
    innovation = await people.delivered()
    for name, mark in zip(("a", "b"), marks, strict=False):
        answer = await people.score(innovation, people.panelist(name), mark, COMMENT)
        assert answer.status_code == 200
    everybody: list[dict[str, str]] = [{}, people.coordinator, people.officer("DUKCAPIL")]
    everybody += [people.system.staff(role, opd="DUKCAPIL", subject="x") for role in Role]
    everybody += [people.panelist("c"), people.panelist("d", "RSUD")]
    asked = 0
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        if "get" not in methods or path.endswith("/metrics"):
            continue
        target = path.replace("{innovation_id}", innovation["innovation_id"])
        target = target.replace("{year}", "2026").replace("{plan_id}", innovation["innovation_id"])
        for headers in everybody:
            answer = await people.client.get(target, headers=headers)
            assert "Penanda-buta" not in answer.text, target
            assert TOTAL not in answer.text, target
            asked += answer.status_code == 200
    assert asked > 30


async def test_nobody_scores_their_own_opds(people: Inventing) -> None:
    innovation = await people.delivered("RSUD")
    own = await people.score(innovation, people.panelist("own", "RSUD"), 100)
    assert (own.status_code, own.json()["title"]) == (403, "Anda tidak boleh menilai inovasi ini")
    for headers, there in (
        (people.panelist("own", "RSUD"), False),
        (people.panelist("other", "DLH"), True),
    ):
        queue = await people.client.get("/survey/v1/panel/queue", headers=headers)
        ids = {each["innovation_id"] for each in queue.json()["items"]}
        assert (innovation["innovation_id"] in ids) is there


async def test_nobody_scores_their_own_idea(people: Inventing) -> None:
    both = people.system.staff(Role.PANEL, Role.OFFICER, opd="DLH", subject="both")
    answer = await people.client.post("/survey/v1/innovations", json=people.idea(), headers=both)
    idea = answer.json()
    await people.act(idea, "opd", {"opd": "RSUD"}, people.coordinator)
    while idea["stage"] != "delivery":
        idea = await people.advance(idea)
    assert (await people.score(idea, both, 100)).status_code == 403


async def test_many_at_once_are_taken_as_often_as_asked_for(people: Inventing) -> None:
    innovation = await people.delivered()
    answers = await asyncio.gather(
        *(people.score(innovation, people.panelist(f"at-once-{n}"), 70) for n in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409, 409]
    taken = [answer.json() for answer in answers if answer.status_code == 200]
    assert sorted(each["state"] for each in taken) == ["final", "waiting"]


async def test_one_member_scores_once(people: Inventing) -> None:
    innovation = await people.delivered()
    answers = await asyncio.gather(
        *(people.score(innovation, people.panelist("twice"), 70) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_score_whose_transaction_is_killed_is_given_once_by_the_next_try(
    people: Inventing,
) -> None:
    innovation = await people.delivered()
    headers = {**people.panelist("killed"), "Idempotency-Key": new_id()}
    database = people.system.service("survey").database
    async with database.transaction() as holding:
        await holding.execute(
            text("SELECT 1 FROM innovation WHERE innovation_id = :id FOR UPDATE"),
            {"id": innovation["innovation_id"]},
        )
        sent = asyncio.create_task(people.score(innovation, headers, 70))
        # It waits for the row that is held here, and its connection is cut meanwhile.
        killed = 0
        while not killed and not sent.done():
            found = await people.system.rows(
                "survey",
                """SELECT count(pg_terminate_backend(pid)) AS killed FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND query LIKE '%innovation%'""",
            )
            killed = found[0]["killed"]
        assert killed == 1
        assert (await sent).status_code == 503
    for _ in range(2):
        again = await people.score(innovation, headers, 70)
        assert (again.status_code, again.json()["own"]["total"]) == (200, 70)
    [stored] = await people.system.rows(
        "survey",
        "SELECT count(*) AS scores FROM innovation_score WHERE innovation_id = :id",
        id=innovation["innovation_id"],
    )
    assert stored["scores"] == 1


async def test_what_is_not_that_far_takes_no_score(people: Inventing) -> None:
    idea = await people.propose()
    assert (await people.score(idea, people.panelist("a"), 70)).status_code == 404
    both = people.system.staff(Role.PANEL, Role.SURVEY_MANAGER, subject="both-roles")
    early = await people.score(idea, both, 70)
    assert early.status_code == 409


async def test_marks_must_name_every_aspect(people: Inventing) -> None:
    innovation = await people.delivered()
    body: dict[str, Any] = {"marks": {"kebaruan": 80}, "comment": "Kurang lengkap sekali."}
    answer = await people.act(innovation, "scores", body, people.panelist("a"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/marks")
    assert (await people.score(innovation, people.panelist("a"), 101)).status_code == 422
    assert (await people.score(innovation, people.officer("DUKCAPIL"), 70)).status_code == 403


async def test_the_opd_is_fixed_once_somebody_scored(people: Inventing) -> None:
    innovation = await people.delivered()
    await people.score(innovation, people.panelist("a", "DLH"), 70)
    answer = await people.act(innovation, "opd", {"opd": "DLH"}, people.coordinator)
    assert answer.status_code == 409
