"""The table of states: every pair of state and action, legal or not, and what others call it."""

from pathlib import Path
from typing import get_args

import pytest

from services.routing.errors import STATE_NAMES
from services.routing.states import (
    OPEN_STATES,
    STAFF_ACTIONS,
    STATES,
    WHAT_IT_WAS,
    Action,
    IllegalAction,
    State,
    draw_table,
    is_legal,
    legal_actions,
    next_state,
)
from shared.contracts.routing import CaseState

DOCUMENT = Path(__file__).parents[3] / "docs" / "states.md"

# Written out a second time on purpose: from the design's table, not from the code's.
WORK = {
    "assign": "assigned",
    "return": "triage",
    "respond": "in_progress",
    "progress": "in_progress",
    "request-information": "waiting_citizen",
    "resolve": "resolved",
    "reject": "rejected",
    "merge": "merged",
    "withdraw": "withdrawn",
    # Only of an application, in a stage of its service.
    "decide": "in_progress",
}
EXPECTED: dict[str, dict[str, str]] = {
    "triage": {
        "assign": "assigned",
        "reject": "rejected",
        "merge": "merged",
        "split": "assigned",
        "withdraw": "withdrawn",
    },
    "assigned": {**WORK, "split": "assigned"},
    "in_progress": {**WORK, "split": "in_progress"},
    "waiting_citizen": {
        "receive-information": "in_progress",
        "resolve": "resolved",
        "reject": "rejected",
        "expire": "closed",
        "withdraw": "withdrawn",
    },
    "resolved": {
        "confirm": "closed",
        "expire": "closed",
        "close": "closed",
        "reopen": "assigned",
        "withdraw": "withdrawn",
    },
    "closed": {"reopen": "assigned", "withdraw": "withdrawn"},
    "rejected": {"reconsider": "triage", "withdraw": "withdrawn"},
    "merged": {"unmerge": WHAT_IT_WAS, "withdraw": "withdrawn"},
    "withdrawn": {},
}
PAIRS = [(state, action) for state in State for action in Action]
BEFORE = State.IN_PROGRESS


@pytest.mark.parametrize(("state", "action"), PAIRS, ids=str)
def test_every_pair_leads_where_the_design_says_or_nowhere(state: State, action: Action) -> None:
    expected = EXPECTED[state].get(action)
    assert is_legal(state, action) == (expected is not None)
    if expected is None:
        with pytest.raises(IllegalAction) as caught:
            next_state(state, action, BEFORE)
        assert (caught.value.state, caught.value.action) == (state, action)
    else:
        wanted = BEFORE if expected == WHAT_IT_WAS else expected
        assert next_state(state, action, BEFORE) == wanted


def test_states_are_those_of_the_contract() -> None:
    assert [str(state) for state in State] == list(get_args(CaseState))
    assert set(STATES) == set(State) == set(STATE_NAMES)


@pytest.mark.parametrize("state", State)
def test_only_staff_actions_that_the_table_has_are_offered(state: State) -> None:
    offered = legal_actions(state)
    assert set(offered) == set(EXPECTED[state]) & set(STAFF_ACTIONS)
    assert list(offered) == [action for action in Action if action in offered]


def test_unmerging_needs_to_know_what_the_case_was() -> None:
    with pytest.raises(ValueError, match="before the merge"):
        next_state(State.MERGED, Action.UNMERGE)


def test_open311_knows_what_is_still_to_be_done() -> None:
    assert {str(state) for state in OPEN_STATES} == {
        "triage",
        "assigned",
        "in_progress",
        "waiting_citizen",
    }


def test_sp4n_tells_of_a_closed_case_by_whom() -> None:
    assert STATES[State.CLOSED].sp4n == (
        "Ditutup oleh Pelapor",
        "Ditutup oleh Admin",
        "Ditutup oleh Sistem",
    )
    assert STATES[State.ASSIGNED].sp4n == ("Terdisposisi",)


def test_every_state_can_be_reached() -> None:
    reached = {"triage", "assigned"}
    for _ in State:
        reached |= {following for state in reached for following in EXPECTED[state].values()}
        reached.discard(WHAT_IT_WAS)
    assert reached == {str(state) for state in State}


def test_document_is_drawn_from_the_table() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == draw_table(), "Draw it anew: python -m tests.unit.routing.write_states"
