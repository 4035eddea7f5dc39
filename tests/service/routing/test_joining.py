"""Cases about one matter: merged, in chains, taken apart again, and never left without an owner."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.auth import Role
from shared.contracts.routing import (
    CaseMerged,
    CaseRejected,
    CaseReopened,
    CaseTriaged,
    CaseUnmerged,
)
from shared.ids import new_id
from tests.service.routing.driver import DISHUB_TEXT, Driver


async def merge(
    routing: Driver, complaint_id: str, into: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Merge a case into another, by the desk unless said otherwise."""
    body = {"into": into, "reason": "Lampu yang sama."}
    return await routing.act(complaint_id, "merge", headers or routing.desk(), body)


async def unmerge(routing: Driver, complaint_id: str) -> httpx.Response:
    """Let a case be its own again, by the desk."""
    return await routing.act(complaint_id, "unmerge", routing.desk())


async def states(routing: Driver, *complaint_ids: str) -> list[str]:
    """Return the states of cases."""
    return [(await routing.case(each))["state"] for each in complaint_ids]


async def actions(routing: Driver, complaint_id: str) -> list[str]:
    """Return what happened to a case."""
    return [fact["action"] for fact in await routing.facts(complaint_id)]


async def test_a_merged_case_is_told_and_remembers_what_it_was(routing: Driver) -> None:
    leader, member = await routing.open(), await routing.case_in("in_progress")
    answer = await merge(routing, member, leader)
    assert answer.status_code == 200
    assert answer.json()["state"] == "merged"
    event = (await routing.published(member))[-1]
    assert isinstance(event, CaseMerged)
    assert event.into == leader
    shown = (await routing.look(leader, routing.officer())).json()
    assert [each["complaint_id"] for each in shown["members"]] == [member]
    assert shown["history"][-1]["details"] == {"case": member}
    assert (await routing.look(member, routing.officer())).json()["merged_into"] == leader
    assert (await unmerge(routing, member)).json()["state"] == "in_progress"
    event = (await routing.published(member))[-1]
    assert isinstance(event, CaseUnmerged)
    assert (event.into, event.restored_state) == (leader, "in_progress")
    assert (await actions(routing, leader))[-2:] == ["lead", "release"]
    case = await routing.case(member)
    assert (case["merged_into"], case["state_before_merge"]) == (None, None)


async def test_a_chain_is_led_by_the_case_at_its_end(routing: Driver) -> None:
    first, second, third = [await routing.open() for _ in range(3)]
    await merge(routing, first, second)
    await merge(routing, second, third)
    fourth = await routing.open()
    await merge(routing, fourth, first)
    assert str((await routing.case(fourth))["merged_into"]) == third
    assert await states(routing, first, second, third) == ["merged", "merged", "assigned"]
    await unmerge(routing, second)
    assert await states(routing, first, second, fourth) == ["merged", "assigned", "merged"]
    assert str((await routing.case(first))["merged_into"]) == second


async def test_a_circle_is_refused(routing: Driver) -> None:
    first, second, third = [await routing.open() for _ in range(3)]
    await merge(routing, first, second)
    await merge(routing, second, third)
    for into in (first, second, third):
        answer = await merge(routing, third, into)
        assert (answer.status_code, answer.json()["reason"]) == (409, "itself")


@pytest.mark.parametrize("state", ["resolved", "closed", "rejected", "withdrawn"])
async def test_what_is_over_leads_nobody(routing: Driver, state: str) -> None:
    leader, member = await routing.case_in(state), await routing.open()
    answer = await merge(routing, member, leader)
    assert (answer.status_code, answer.json()["reason"]) == (409, "over")
    assert await states(routing, member) == ["assigned"]


async def test_a_secret_case_leads_nobody_and_may_be_led(routing: Driver) -> None:
    secret, other = await routing.open(secret=True), await routing.open()
    refused = await merge(routing, other, secret)
    assert (refused.status_code, refused.json()["reason"]) == (409, "secret")
    assert (await merge(routing, secret, other)).status_code == 200


async def test_what_is_unknown_or_another_opds_cannot_lead(routing: Driver) -> None:
    member, foreign = await routing.open(), await routing.open()
    await routing.act(foreign, "assign", routing.desk())
    for into in (new_id(), foreign):
        answer = await merge(routing, member, into, routing.officer())
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "/into"
    assert (await merge(routing, member, foreign)).status_code == 200
    elsewhere = await merge(routing, foreign, member, routing.officer("DLH"))
    assert elsewhere.status_code == 404


async def test_merges_at_once_leave_one_leader(routing: Driver) -> None:
    cases = [await routing.open() for _ in range(4)]
    pairs = [(one, other) for one in cases for other in cases if one != other]
    answers = await asyncio.gather(*(merge(routing, *pair) for pair in pairs))
    assert {each.status_code for each in answers} <= {200, 409}
    assert sorted(await states(routing, *cases)) == ["assigned", "merged", "merged", "merged"]


async def test_the_same_merge_twice_at_once_happens_once(routing: Driver) -> None:
    leader, member = await routing.open(), await routing.open()
    answers = await asyncio.gather(*(merge(routing, member, leader) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409]
    assert (await actions(routing, leader)).count("lead") == 1


async def test_undoing_after_the_leader_was_resolved_gives_back_the_work(routing: Driver) -> None:
    leader, member = await routing.open(), await routing.open()
    await merge(routing, member, leader)
    await routing.act(leader, "resolve", routing.officer())
    assert (await unmerge(routing, member)).json()["state"] == "assigned"
    assert await states(routing, leader) == ["resolved"]


async def test_saya_juga_merges_into_whoever_leads(routing: Driver) -> None:
    leader, middle, own = [await routing.open() for _ in range(3)]
    await merge(routing, middle, leader)
    await routing.tell(routing.joined(own, middle))
    case = await routing.case(own)
    assert (case["state"], str(case["merged_into"])) == ("merged", leader)
    (fact,) = [each for each in await routing.facts(own) if each["action"] == "merge"]
    assert (fact["by"], fact["actor"]) == ("citizen", None)


@pytest.mark.parametrize("state", ["resolved", "withdrawn"])
async def test_a_wish_that_comes_too_late_is_kept_for_the_desk(routing: Driver, state: str) -> None:
    leader, own = await routing.case_in(state), await routing.open()
    await routing.tell(routing.joined(own, leader))
    assert await states(routing, own) == ["assigned"]
    fact = (await routing.facts(own))[-1]
    assert (fact["action"], fact["details"]) == ("ask-to-join", {"joined": leader})
    ended = await routing.case_in("closed")
    await routing.tell(routing.joined(ended, own))
    assert await states(routing, ended) == ["closed"]
    assert await routing.dead(own) == await routing.dead(ended) == []


async def test_joining_what_never_was_is_for_a_person(routing: Driver) -> None:
    own = await routing.open()
    await routing.tell(routing.joined(own, new_id()))
    assert len(await routing.dead(own)) == 1


async def test_when_the_leader_withdraws_the_others_are_their_own_again(routing: Driver) -> None:
    leader, one, two = [await routing.open() for _ in range(3)]
    for member in (one, two):
        await merge(routing, member, leader)
    await routing.tell(routing.withdrawn(leader))
    assert await states(routing, leader, one, two) == ["withdrawn", "assigned", "assigned"]
    assert isinstance((await routing.published(one))[-1], CaseUnmerged)
    assert await routing.dead(leader) == []


async def test_when_a_member_withdraws_the_rest_stays(routing: Driver) -> None:
    leader, one, two = [await routing.open() for _ in range(3)]
    for member in (one, two):
        await merge(routing, member, leader)
    await routing.tell(routing.withdrawn(one))
    assert await states(routing, leader, one, two) == ["assigned", "withdrawn", "merged"]
    assert (await routing.case(one))["merged_into"] is None


async def test_when_the_leader_becomes_secret_the_others_are_let_go(routing: Driver) -> None:
    leader, member = await routing.open(), await routing.open()
    await merge(routing, member, leader)
    await routing.tell(routing.amended(leader, secret=True))
    assert await states(routing, leader, member) == ["assigned", "assigned"]


async def test_whoever_joined_may_reopen_and_cannot_close(routing: Driver) -> None:
    leader, member = await routing.open(), await routing.open()
    await merge(routing, member, leader)
    await routing.act(leader, "resolve", routing.officer())
    await routing.tell(routing.feedback(member, satisfied=True))
    assert await states(routing, leader) == ["resolved"]
    said = routing.feedback(member, satisfied=False)
    await routing.tell(said.model_copy(update={"text": "Lampu di depan rumah saya masih mati."}))
    assert await states(routing, leader, member) == ["assigned", "merged"]
    event = (await routing.published(leader))[-1]
    assert isinstance(event, CaseReopened)
    assert "rumah saya" not in event.reason
    fact = (await routing.facts(leader))[-1]
    assert fact["text"] == "Lampu di depan rumah saya masih mati."
    assert fact["details"] == {"epoch": 1, "case": member}


async def test_after_the_window_nobody_reopens(routing: Driver) -> None:
    leader, member = await routing.open(), await routing.open()
    await merge(routing, member, leader)
    await routing.act(leader, "resolve", routing.officer())
    await routing.act(leader, "close", routing.desk())
    routing.later(days=60)
    await routing.tell(routing.feedback(member, satisfied=False))
    assert await states(routing, leader) == ["closed"]


# -------------------------------------------------------------------- what intake found or called


async def test_candidates_are_shown_to_who_has_the_case(routing: Driver) -> None:
    other = new_id()
    found: list[dict[str, Any]] = [{"complaint_id": other, "score": 0.82}]
    with_them = await routing.open(DISHUB_TEXT, candidates=found)
    later = await routing.open()
    await routing.tell(routing.amended(later, candidates=found))
    for complaint_id in (with_them, later):
        shown = (await routing.look(complaint_id, routing.officer())).json()
        assert shown["candidates"] == found
    fact = (await routing.facts(later))[-1]
    assert (fact["action"], fact["by"]) == ("amend", "rule")


async def test_spam_is_put_aside_and_comes_back_to_the_desk(routing: Driver) -> None:
    spam, member = await routing.open(), await routing.open()
    await merge(routing, member, spam)
    await routing.tell(routing.amended(spam, spam=True))
    assert await states(routing, spam, member) == ["rejected", "assigned"]
    event = (await routing.published(spam))[-1]
    assert isinstance(event, CaseRejected)
    assert event.reason_code == "spam"
    await routing.tell(routing.amended(spam, spam=False))
    case = await routing.case(spam)
    assert (case["state"], case["spam"], case["opd"], case["epoch"]) == ("triage", False, None, 1)
    assert isinstance((await routing.published(spam))[-1], CaseTriaged)


async def test_a_mark_changes_no_case_that_ended_otherwise(routing: Driver) -> None:
    for state in ("closed", "withdrawn", "rejected"):
        complaint_id = await routing.case_in(state)
        await routing.tell(routing.amended(complaint_id, spam=True))
        await routing.tell(routing.amended(complaint_id, spam=False))
        assert await states(routing, complaint_id) == [state]
        assert await routing.dead(complaint_id) == []


async def test_only_a_head_or_the_desk_splits(routing: Driver) -> None:
    complaint_id = await routing.open()
    assert (await routing.act(complaint_id, "split", routing.officer())).status_code == 403
    head = routing.system.staff(Role.HEAD, opd="DISHUB", subject="kepala-1")
    assert (await routing.act(complaint_id, "split", head)).status_code == 200
