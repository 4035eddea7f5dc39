"""What officers and the triage desk do with a case, and what everyone else hears of it."""

from typing import Any

import pytest

from services.routing.states import STAFF_ACTIONS, STATES, State, legal_actions
from shared.auth import Role
from shared.contracts.event import Event
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseTriaged,
    InformationRequested,
    ResponseGiven,
)
from shared.ids import new_id
from tests.service.routing.driver import BODIES, UNPLACED_TEXT, Driver

DESK_ACTIONS = {"assign", "close", "reconsider", "merge", "unmerge", "split"}
ILLEGAL = [
    (state, action)
    for state in State
    for action in STAFF_ACTIONS
    if action not in STATES[state].actions
]


async def last_published(routing: Driver, complaint_id: str) -> Event:
    """Return the newest event of a complaint."""
    return (await routing.published(complaint_id))[-1]


async def test_desk_assigns_what_no_rule_placed(routing: Driver) -> None:
    complaint_id = await routing.open(UNPLACED_TEXT)
    answer = await routing.act(complaint_id, "assign", routing.desk())
    assert answer.status_code == 200
    done = answer.json()
    assert (done["state"], done["opd"], done["version"]) == ("assigned", "PUPR", 2)
    assert answer.headers["etag"] == '"2"'
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseAssigned)
    assert (event.by, event.opd, event.officer_id) == ("desk", "PUPR", "meja-1")
    assert event.reason == "Urusan Dinas PUPR."


async def test_transfer_takes_the_topic_that_was_proposed_for_the_opd(routing: Driver) -> None:
    complaint_id = await routing.open("PJU padam dan jalan berlubang di dekat pasar.")
    case = await routing.case(complaint_id)
    proposed = {each["opd"]: each["topic"] for each in case["proposals"]}
    other = next(opd for opd in proposed if opd != case["opd"])
    body = {"opd": other, "reason": "Pindah."}
    answer = await routing.act(complaint_id, "assign", routing.desk(), body)
    assert answer.json()["state"] == "assigned"
    assert (await routing.case(complaint_id))["topic"] == proposed[other]


async def test_assigning_to_the_opd_that_has_it_is_refused(routing: Driver) -> None:
    complaint_id = await routing.open()
    body = {"opd": "DISHUB", "reason": "Lagi."}
    answer = await routing.act(complaint_id, "assign", routing.desk(), body)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("case-already-there")
    assert "respond" in answer.json()["legal"]


async def test_return_gives_the_case_to_the_desk_and_hides_it_from_the_opd(
    routing: Driver,
) -> None:
    complaint_id = await routing.open()
    answer = await routing.act(complaint_id, "return", routing.officer())
    assert answer.json()["state"] == "triage"
    assert answer.json()["legal_actions"] == []
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseReturned)
    assert (event.opd, event.legal_basis) == ("DISHUB", "Perwal Contoh 1/2020")
    case = await routing.case(complaint_id)
    assert (case["opd"], case["times_returned"]) == (None, 1)
    assert (await routing.look(complaint_id, routing.officer())).status_code == 404
    assert len(await routing.published(complaint_id)) == 2


@pytest.mark.parametrize(("action", "kind"), [("respond", "answer"), ("progress", "progress")])
async def test_answer_travels_as_written_less_sixteen_digits(
    routing: Driver, action: str, kind: str
) -> None:
    complaint_id = await routing.open()
    body = {"text": "Hubungi 0800 0000 112. NIK 3201010101010001 sudah kami catat."}
    answer = await routing.act(complaint_id, action, routing.officer(), body)
    assert answer.json()["state"] == "in_progress"
    event = await last_published(routing, complaint_id)
    assert isinstance(event, ResponseGiven)
    assert event.text == "Hubungi 0800 0000 112. NIK [nik] sudah kami catat."
    assert (event.kind, event.opd, event.officer_id) == (kind, "DISHUB", "petugas-1")
    assert "3201010101010001" not in str(await routing.facts(complaint_id))


async def test_question_waits_for_the_citizen(routing: Driver) -> None:
    complaint_id = await routing.open()
    request_id = await routing.ask(complaint_id)
    event = await last_published(routing, complaint_id)
    assert isinstance(event, InformationRequested)
    assert event.request_id == request_id
    assert (await routing.case(complaint_id))["state"] == "waiting_citizen"


async def test_resolution_carries_its_evidence(routing: Driver) -> None:
    complaint_id = await routing.open()
    photo = await routing.photo(complaint_id, bits=0x0F1E_2D3C_4B5A_6978)
    body = {"text": "Selesai.", "evidence": [photo]}
    answer = await routing.act(complaint_id, "resolve", routing.officer(), body)
    assert answer.json()["state"] == "resolved"
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseResolved)
    assert event.evidence == (photo,)
    assert (await routing.case(complaint_id))["resolved_at"] == routing.now


async def test_reconsidering_a_rejected_case_begins_a_new_epoch_at_the_desk(
    routing: Driver,
) -> None:
    complaint_id = await routing.open()
    assert (await routing.act(complaint_id, "reject", routing.officer())).status_code == 200
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseRejected)
    assert event.reason_code == "unclear"
    answer = await routing.act(complaint_id, "reconsider", routing.desk())
    assert answer.json()["state"] == "triage"
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseTriaged)
    assert event.proposals[0].opd == "DISHUB"
    case = await routing.case(complaint_id)
    assert case["opd"] is None
    assert case["epoch"] == 1


async def test_desk_closes_a_resolved_case_without_a_word(routing: Driver) -> None:
    complaint_id = await routing.case_in("resolved")
    answer = await routing.system.client.post(
        f"/routing/v1/cases/{complaint_id}/close", headers=routing.desk()
    )
    assert answer.json()["state"] == "closed"
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseClosed)
    assert event.reason == "desk"
    shown = (await routing.look(complaint_id, routing.desk())).json()
    assert shown["sp4n_status"] == "Ditutup oleh Admin"


@pytest.mark.parametrize("state", State, ids=str)
async def test_illegal_actions_name_what_is_legal_and_change_nothing(
    routing: Driver, state: State
) -> None:
    complaint_id = await routing.case_in(state)
    everyone = routing.system.staff(Role.OFFICER, Role.TRIAGE, opd="DISHUB")
    before = await routing.case(complaint_id)
    for at, action in ILLEGAL:
        if at != state:
            continue
        if before["opd"] is None and action not in {*DESK_ACTIONS, "reject"}:
            continue
        answer = await routing.act(complaint_id, action, everyone)
        assert answer.status_code == 409, (action, answer.text)
        problem = answer.json()
        assert problem["state"] == state
        assert problem["legal"] == [str(each) for each in legal_actions(state)]
        assert problem["type"].endswith("action-illegal")
    assert await routing.case(complaint_id) == before


async def test_history_tells_who_did_what_when_and_why(routing: Driver) -> None:
    complaint_id = await routing.open()
    routing.later(hours=1)
    await routing.act(complaint_id, "respond", routing.officer())
    shown = (await routing.look(complaint_id, routing.officer())).json()
    assert [fact["version"] for fact in shown["history"]] == [1, 2]
    opened, answered = shown["history"]
    assert (opened["by"], opened["from_state"], opened["to_state"]) == ("rule", None, "assigned")
    assert (answered["by"], answered["actor"]) == ("officer", "petugas-1")
    assert (answered["from_state"], answered["to_state"]) == ("assigned", "in_progress")
    assert answered["text"] == BODIES["respond"]["text"]
    assert shown["legal_actions"] == [
        "return",
        "respond",
        "progress",
        "request-information",
        "resolve",
        "reject",
        "merge",
    ]
    assert (shown["open311_status"], shown["sp4n_status"]) == ("open", "Ditindaklanjuti")


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("assign", {"opd": "TIDAK-ADA", "reason": "x"}, "/opd"),
        ("assign", {"opd": "PUPR", "topic": "tidak-ada", "reason": "x"}, "/topic"),
        ("assign", {"opd": "PUPR", "reason": "x", "lain": 1}, "/lain"),
        ("assign", {"opd": 7, "reason": "x"}, "/opd"),
        ("respond", {"text": ""}, "/text"),
        ("respond", {"text": "   "}, "/text"),
        ("respond", {"text": "a\u0000b"}, "/text"),
        ("respond", {"text": "x" * 10_001}, "/text"),
        ("respond", {}, "/text"),
        ("resolve", {"text": "x", "evidence": ["tidak"]}, "/evidence/0"),
        ("reject", {"reason_code": "malas", "text": "x"}, "/reason_code"),
    ],
)
async def test_bad_bodies_are_refused_by_field(
    routing: Driver, action: str, body: dict[str, Any], field: str
) -> None:
    complaint_id = await routing.open()
    headers = routing.desk() if action in DESK_ACTIONS else routing.officer()
    answer = await routing.act(complaint_id, action, headers, body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await routing.case(complaint_id))["version"] == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
    ids=["empty", "no JSON", "lone surrogate", "1 MB"],
)
async def test_bad_bytes_are_refused(routing: Driver, content: bytes, status: int) -> None:
    complaint_id = await routing.open()
    answer = await routing.system.client.post(
        f"/routing/v1/cases/{complaint_id}/respond",
        content=content,
        headers={**routing.officer(), "Content-Type": "application/json"},
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_case_and_no_uuid(routing: Driver) -> None:
    assert (await routing.act(new_id(), "respond", routing.officer())).status_code == 404
    assert (await routing.look(new_id(), routing.desk())).status_code == 404
    assert (await routing.look("bukan-uuid", routing.desk())).status_code == 422


@pytest.mark.parametrize("state", ["resolved", "closed"])
async def test_desk_reopens_what_was_over_at_any_time_and_the_history_stays(
    routing: Driver, state: str
) -> None:
    complaint_id = await routing.case_in(state)
    before = await routing.facts(complaint_id)
    routing.later(days=400)
    answer = await routing.act(complaint_id, "reopen", routing.desk())
    assert (answer.json()["state"], answer.json()["opd"]) == ("assigned", "DISHUB")
    event = await last_published(routing, complaint_id)
    assert isinstance(event, CaseReopened)
    assert event.epoch == 1
    assert (await routing.facts(complaint_id))[:-1] == before
