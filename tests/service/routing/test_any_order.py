"""Whatever staff, citizens and clocks do in whichever order, the table of states holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.states import STAFF_ACTIONS, Action, State, is_legal, next_state
from shared.auth import Role
from tests.service.routing.driver import DISHUB_TEXT, UNPLACED_TEXT, Driver

EVENTS = ("withdraw", "message", "answer", "satisfied", "dissatisfied", "closing missed")
STEPS = st.sampled_from([*(str(action) for action in STAFF_ACTIONS), *EVENTS])


async def take(routing: Driver, complaint_id: str, step: str) -> None:
    """Let one thing happen; a refusal must be one of those that are documented."""
    case = await routing.case(complaint_id)
    if step == "withdraw":
        await routing.tell(routing.withdrawn(complaint_id))
    elif step == "message":
        await routing.tell(routing.message(complaint_id))
    elif step == "answer":
        await routing.tell(routing.message(complaint_id, str(case["request_id"] or "none")))
    elif step in {"satisfied", "dissatisfied"}:
        await routing.tell(routing.feedback(complaint_id, satisfied=step == "satisfied"))
    elif step == "closing missed":
        await routing.tell(routing.missed(complaint_id, epoch=max(0, case["waits"] - 1)))
    else:
        everyone = routing.system.staff(Role.OFFICER, Role.TRIAGE, opd=case["opd"])
        answer = await routing.act(complaint_id, step, everyone)
        # 422: a case is split with the OPD that has it in the lead, which may not be this one.
        assert answer.status_code in {200, 403, 409, 422}, answer.text


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([DISHUB_TEXT, UNPLACED_TEXT]), st.lists(STEPS, max_size=12))
async def test_history_is_a_path_through_the_table(
    routing: Driver, words: str, steps: list[str]
) -> None:
    complaint_id = await routing.open(words)
    for step in steps:
        routing.later(minutes=1)
        await take(routing, complaint_id, step)
    case = await routing.case(complaint_id)
    opened, *facts = await routing.facts(complaint_id)
    assert [fact["version"] for fact in (opened, *facts)] == list(range(1, case["version"] + 1))
    state = before_merge = State(opened["to_state"])
    for fact in facts:
        action = Action(fact["action"])
        assert is_legal(state, action)
        assert fact["from_state"] == state
        before_merge = state if action is Action.MERGE else before_merge
        state = next_state(state, action, before_merge)
        assert fact["to_state"] == state
    assert case["state"] == state
    assert (case["opd"] is None) <= (state in {"triage", "rejected", "merged", "withdrawn"})
    assert (case["request_id"] is not None) == (state == "waiting_citizen")
    # All facts but a withdrawal are told to the others, each once; that a case is looked at again
    # is told as reopened and as triaged; that it is split, once more for
    # each OPD that is new to it.
    told = 1 + sum(
        {"withdraw": 0, "reconsider": 2, "split": 2 + (fact["from_state"] == "triage")}.get(
            fact["action"], 1
        )
        for fact in facts
    )
    assert len(await routing.published(complaint_id)) == told
    assert await routing.dead(complaint_id) == []
