"""Innovations: who proposes, what each stage must hold, who moves it, and who may know of it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.service.survey.inventing import ARGUMENT, NOTE, Inventing
from tests.support.numbers import tells_number
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="module")
async def people(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Inventing]:
    """Run survey for this module; each test has innovations of its own."""
    home = tmp_path_factory.mktemp("innovations")
    async with running_system(databases, home, services=["survey"]) as system:
        yield Inventing(system)


async def test_from_the_idea_to_the_display(people: Inventing) -> None:
    shown = await people.displayed()
    assert shown["stage"] == "display"
    assert shown["final_score"] == 80
    assert shown["displayed_at"] is not None
    moves = [step for step in shown["steps"] if step["action"] == "advance"]
    assert [step["to_stage"] for step in moves] == ["diagnose", "design", "delivery", "display"]
    [again] = {
        answer.status_code
        for answer in [await people.act(shown, "advance", NOTE, people.coordinator)]
    }
    assert again == 409


async def test_a_stage_that_lacks_something_says_what(people: Inventing) -> None:
    idea = await people.propose(evidence=[])
    refused = await people.act(idea, "advance", NOTE, people.coordinator)
    assert refused.status_code == 409
    assert "Bukti masalah: tambahkan 1 bukti lagi." in refused.json()["detail"]
    assert [each["field"] for each in refused.json()["errors"]] == ["bukti"]
    shown = (await people.get(idea, people.coordinator)).json()
    assert [each["code"] for each in shown["missing"]] == ["bukti"]
    assert "advance" not in shown["actions"]


async def test_a_citizen_sends_an_idea_and_follows_it(people: Inventing) -> None:
    body = people.idea(idea="Hubungi saya di 0812-3456-7890 untuk menjelaskan gagasan ini.")
    sent = await people.client.post("/survey/v1/ideas", json=body)
    assert sent.status_code == 201
    reference = sent.json()["reference"]
    again = await people.client.post("/survey/v1/ideas", json=body)
    assert again.json() == sent.json()
    [row] = await people.system.rows(
        "survey", "SELECT * FROM innovation WHERE reference = :r", r=reference
    )
    assert not tells_number(str(row), "0812-3456-7890")
    assert row["proposer"] is None
    found = await people.client.get("/survey/v1/innovations?limit=100", headers=people.coordinator)
    [idea] = [each for each in found.json()["items"] if each["title"] == body["title"]]
    assert idea["initiator"] == "masyarakat"
    await people.act(idea, "opd", {"opd": "DUKCAPIL"}, people.coordinator)
    await people.act(idea, "decline", {"note": "Sudah ada layanan yang sama."}, people.coordinator)
    followed = (await people.client.get(f"/survey/v1/ideas/{reference.lower()}")).json()
    assert followed["stage_name"] == "Tidak dilanjutkan"
    assert followed["note"] == "Sudah ada layanan yang sama."
    assert (await people.client.get("/survey/v1/ideas/ZZZZZZZZZZ")).status_code == 404
    back = await people.act(idea, "reconsider", NOTE, people.coordinator)
    assert back.json()["stage"] == "drum-up"


async def test_the_same_proposal_at_once_is_one(people: Inventing) -> None:
    body = people.idea()
    answers = await asyncio.gather(
        *(
            people.client.post(
                "/survey/v1/innovations", json=body, headers=people.officer("DUKCAPIL")
            )
            for _ in range(3)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    made = next(answer for answer in answers if answer.status_code == 201).json()
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["innovation_id"] == made["innovation_id"]
    stranger = await people.client.post(
        "/survey/v1/innovations", json=body, headers=people.officer("DLH")
    )
    assert stranger.status_code == 409
    assert "innovation_id" not in stranger.json()


async def test_the_same_request_twice_is_answered_alike(people: Inventing) -> None:
    headers = {**people.officer("DLH"), "Idempotency-Key": new_id()}
    body = people.idea()
    first, second = [
        await people.client.post("/survey/v1/innovations", json=body, headers=headers)
        for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_two_moves_at_once_move_one_stage(people: Inventing) -> None:
    idea = await people.propose()
    tag = (await people.get(idea, people.coordinator)).headers["ETag"]
    headers = {**people.coordinator, "If-Match": tag}
    answers = await asyncio.gather(*(people.act(idea, "advance", NOTE, headers) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await people.get(idea, people.coordinator)).json()["stage"] == "diagnose"


async def test_another_opds_innovation_is_not_there(people: Inventing) -> None:
    idea = await people.propose("DUKCAPIL")
    stranger = people.officer("DLH")
    assert (await people.get(idea, stranger)).status_code == 404
    assert (await people.amend(idea, {"title": "Judul lain"}, stranger)).status_code == 404
    listed = await people.client.get("/survey/v1/innovations?limit=100", headers=stranger)
    assert idea["innovation_id"] not in {each["innovation_id"] for each in listed.json()["items"]}
    # The panel knows of it only once it is scored.
    assert (await people.get(idea, people.panelist("satu"))).status_code == 404
    for role in (Role.LEADER, Role.SEKDA, Role.AUDITOR):
        watcher = people.system.staff(role, subject="watcher")
        assert (await people.get(idea, watcher)).status_code == 200
        assert (await people.amend(idea, {"title": "Judul lain"}, watcher)).status_code == 403
    assert (await people.get(idea, people.system.staff(Role.TRIAGE))).status_code == 403


@pytest.mark.parametrize("action", ["advance", "send-back", "decline", "reconsider"])
async def test_only_the_coordinator_moves(people: Inventing, action: str) -> None:
    idea = await people.propose()
    assert (await people.act(idea, action, NOTE, people.officer("DUKCAPIL"))).status_code == 403
    manager = people.system.staff(Role.SURVEY_MANAGER, subject="manager")
    expected = 200 if action in {"advance", "decline"} else 409
    assert (await people.act(idea, action, NOTE, manager)).status_code == expected


async def test_a_criterion_argued_anew_is_judged_anew(people: Inventing) -> None:
    idea = await people.propose()
    bare = await people.act(idea, "judge", {"met": {"manfaat": True}, **NOTE}, people.coordinator)
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "/met/manfaat")
    await people.amend(idea, {"arguments": {"manfaat": ARGUMENT}}, people.officer("DUKCAPIL"))
    await people.act(idea, "judge", {"met": {"manfaat": True}, **NOTE}, people.coordinator)
    changed = await people.amend(
        idea, {"arguments": {"manfaat": ARGUMENT * 2}}, people.officer("DUKCAPIL")
    )
    [criterion] = [each for each in changed.json()["criteria"] if each["code"] == "manfaat"]
    assert criterion["met"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"entries": {"tidak-ada": "isi"}}, "/entries/tidak-ada"),
        ({"entries": {"biaya": "mahal"}}, "/entries/biaya"),
        ({"entries": {"tanggal-peluncuran": "besok"}}, "/entries/tanggal-peluncuran"),
        (
            {"evidence": [{"kind": "element", "code": "U12", "period": "2026-02", "figure": 1}]},
            "/evidence/0/code",
        ),
        (
            {"evidence": [{"kind": "element", "code": "U1", "period": "kemarin", "figure": 1}]},
            "/evidence/0/period",
        ),
    ],
)
async def test_wrong_entries_are_named(
    people: Inventing, body: dict[str, object], field: str
) -> None:
    idea = await people.propose()
    answer = await people.amend(idea, body, people.officer("DUKCAPIL"))
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_an_employee_proposes_for_nobody_else(people: Inventing) -> None:
    officer = people.officer("DLH")
    for changes in ({"initiator": "kepala-daerah"}, {"opd": "RSUD"}):
        answer = await people.client.post(
            "/survey/v1/innovations", json=people.idea(**changes), headers=officer
        )
        assert answer.status_code == 403
    given = people.idea(initiator="dprd", opd="RSUD")
    made = await people.client.post(
        "/survey/v1/innovations", json=given, headers=people.coordinator
    )
    assert (made.status_code, made.json()["opd"]) == (201, "RSUD")
    nowhere = people.idea(opd="XYZ")
    unknown = await people.client.post(
        "/survey/v1/innovations", json=nowhere, headers=people.coordinator
    )
    assert unknown.status_code == 422


async def test_ideas_of_one_public_address_are_limited(people: Inventing) -> None:
    app = people.system.app
    public = httpx.ASGITransport(app=app, client=("1.1.1.1", 4711))
    async with httpx.AsyncClient(transport=public, base_url="http://127.0.0.1") as client:
        for _ in range(20):
            answer = await client.post("/survey/v1/ideas", json=people.idea())
            assert answer.status_code == 201
        refused = await client.post("/survey/v1/ideas", json=people.idea())
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    # An address that is not public is a front end of the Pemda's own: behind it stands everybody.
    assert (await people.client.post("/survey/v1/ideas", json=people.idea())).status_code == 201


async def test_lists_are_read_page_by_page(people: Inventing) -> None:
    made = [(await people.propose("BPBD"))["innovation_id"] for _ in range(3)]
    found: list[str] = []
    target: str | None = "/survey/v1/innovations?opd=BPBD&stage=drum-up&limit=2"
    while target is not None:
        answer = await people.client.get(target, headers=people.officer("BPBD"))
        found += [each["innovation_id"] for each in answer.json()["items"]]
        link = answer.headers.get("Link")
        target = link.partition(">")[0].removeprefix("<") if link else None
    assert found == made[::-1]
