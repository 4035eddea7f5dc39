"""The triage desk: a queue by risk, leases that end by themselves, several decisions at once."""

import asyncio

import pytest

from shared.auth import Role
from shared.contracts.event import Candidate, Proposal
from shared.ids import ComplaintId, new_id
from tests.service.routing.driver import UNPLACED_TEXT, Driver

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def alone(routing: Driver) -> Driver:
    """Name the driver, for the queue is everybody's."""
    return routing


def _desk(routing: Driver, name: str) -> dict[str, str]:
    return routing.system.staff(Role.TRIAGE, subject=name)


async def _unplaced(routing: Driver, **values: object) -> str:
    return await routing.open(UNPLACED_TEXT, **values)


async def _ids(routing: Driver) -> list[str]:
    queue = (await routing.get("triage/queue", routing.desk(), limit=100)).json()
    return [item["complaint_id"] for item in queue["items"]]


async def test_queue_shows_what_is_late_before_what_is_only_old(routing: Driver) -> None:
    old = await _unplaced(routing)
    routing.later(minutes=5)
    late = await _unplaced(routing)
    await routing.tell(routing.missed(late, stage="verification"))
    queue = await _ids(routing)
    assert queue.index(late) < queue.index(old)


async def test_queue_shows_what_a_case_may_repeat(routing: Driver) -> None:
    earlier = ComplaintId(new_id())
    case = await _unplaced(routing, candidates=[Candidate(complaint_id=earlier, score=0.8)])
    queue = (await routing.get("triage/queue", routing.desk(), limit=100)).json()
    shown = next(item for item in queue["items"] if item["complaint_id"] == case)
    assert shown["candidates"] == [{"complaint_id": earlier, "score": 0.8}]


async def test_two_at_the_desk_never_get_the_same_case(routing: Driver) -> None:
    for _ in range(6):
        await _unplaced(routing)
    answers = await asyncio.gather(
        *(
            routing.post("triage/leases", _desk(routing, f"meja-{n}"), {"count": 3})
            for n in range(10, 14)
        )
    )
    held = [item["complaint_id"] for each in answers for item in each.json()["items"]]
    assert len(held) == len(set(held)) >= 6


async def test_leased_case_is_decided_by_nobody_else_until_the_lease_ends(
    routing: Driver,
) -> None:
    case = await _unplaced(routing)
    await _lease(routing, case, "meja-a")
    body = {"decisions": [{"complaint_id": case, "assign": {"opd": "PUPR", "reason": "Jalan."}}]}
    refused = await routing.post("triage/decisions", _desk(routing, "meja-b"), body)
    assert refused.json()["results"][0]["status"] == 409
    routing.later(minutes=11)
    done = await routing.post("triage/decisions", _desk(routing, "meja-b"), body)
    assert done.json()["results"][0]["status"] == 200
    assert (await routing.case(case))["lease_by"] is None


async def test_lease_is_let_go_by_its_holder_alone(routing: Driver) -> None:
    case = await _unplaced(routing)
    await _lease(routing, case, "meja-c")
    path = f"/routing/v1/triage/leases/{case}"
    client = routing.system.client
    assert (await client.delete(path, headers=_desk(routing, "meja-d"))).status_code == 409
    assert (await client.delete(path, headers=_desk(routing, "meja-c"))).status_code == 200
    assert (await client.delete(path, headers=_desk(routing, "meja-c"))).status_code == 409


async def test_proposal_is_chosen_by_its_number(routing: Driver) -> None:
    case = await _unplaced(routing)
    proposals = [
        Proposal(opd="DLH", topic=None, confidence=0.5, words=("sampah",)),
        Proposal(opd="PUPR", topic=None, confidence=0.3, words=("jalan",)),
    ]
    await routing.system.rows(
        "routing",
        "UPDATE cases SET proposals = CAST(:p AS json) WHERE complaint_id = :id RETURNING 1",
        id=case,
        p="[" + ",".join(each.model_dump_json() for each in proposals) + "]",
    )
    body = {"decisions": [{"complaint_id": case, "proposal": 3}]}
    missing = await routing.post("triage/decisions", routing.desk(), body)
    assert missing.json()["results"][0]["status"] == 422
    body["decisions"][0]["proposal"] = 2
    chosen = await routing.post("triage/decisions", routing.desk(), body)
    assert chosen.json()["results"][0]["case"]["opd"] == "PUPR"


async def test_one_bad_decision_holds_up_no_other(routing: Driver) -> None:
    good, changed, gone = [await _unplaced(routing) for _ in range(3)]
    assign = {"opd": "PUPR", "reason": "Jalan."}
    rejection = {"reason_code": "unclear", "text": "Mohon dilengkapi."}
    answer = await routing.post(
        "triage/decisions",
        routing.desk(),
        {
            "decisions": [
                {"complaint_id": new_id(), "assign": assign},
                {"complaint_id": changed, "version": 7, "assign": assign},
                {"complaint_id": good, "assign": {**assign, "opd": "TIDAKADA"}},
                {"complaint_id": good, "version": 1, "assign": assign},
                {"complaint_id": gone, "reject": rejection},
                {"complaint_id": good, "assign": assign},
            ]
        },
    )
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [404, 412, 422, 200, 200, 409]
    assert (await routing.case(changed))["state"] == "triage"
    assert (await routing.case(gone))["state"] == "rejected"


async def test_decision_says_one_thing(routing: Driver) -> None:
    case = await _unplaced(routing)
    for choice in ({}, {"proposal": 1, "assign": {"opd": "PUPR", "reason": "x"}}):
        body = {"decisions": [{"complaint_id": case, **choice}]}
        assert (await routing.post("triage/decisions", routing.desk(), body)).status_code == 422
    assert (
        await routing.post("triage/decisions", routing.desk(), {"decisions": []})
    ).status_code == 422


async def test_desk_alone_sees_the_queue(routing: Driver) -> None:
    for headers in (routing.officer(), routing.system.staff(Role.LEADER, subject="wali")):
        assert (await routing.get("triage/queue", headers)).status_code == 403
        assert (await routing.post("triage/leases", headers, {"count": 1})).status_code == 403


async def _lease(routing: Driver, case: str, name: str) -> None:
    """Take cases in hand until this one is among them."""
    for _ in range(20):
        held = await routing.post("triage/leases", _desk(routing, name), {"count": 20})
        if case in [item["complaint_id"] for item in held.json()["items"]]:
            return
    raise AssertionError("the case was never free")
