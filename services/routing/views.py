"""Shows a case as the API gives it."""

from collections.abc import Sequence
from typing import Any

from services.routing.handling_tables import CasePart
from services.routing.schemas import (
    ActionDone,
    CaseDetail,
    FactView,
    MemberView,
    PartView,
    ProposalView,
)
from services.routing.states import STATES, Action, State
from services.routing.tables import Case, CaseFact


def view_case(
    case: Case,
    facts: Sequence[CaseFact],
    legal: Sequence[Action],
    parts: Sequence[CasePart] = (),
    members: Sequence[Case] = (),
) -> CaseDetail:
    """Return a case as the API shows it."""
    state = State(case.state)
    return CaseDetail(
        **case.model_dump(include=set(CaseDetail.model_fields) - {"state", "proposals"}),
        state=state,
        open311_status=STATES[state].open311,
        sp4n_status=_sp4n_status(state, facts),
        proposals=[ProposalView.model_validate(each) for each in case.proposals],
        parts=[PartView.model_validate(part.model_dump()) for part in parts],
        members=[MemberView.model_validate(member.model_dump()) for member in members],
        legal_actions=list(legal),
        history=[FactView.model_validate(fact.model_dump()) for fact in facts],
    )


def view_done(case: Case, legal: Sequence[Action]) -> dict[str, Any]:
    """Return the answer to an action as plain JSON values, as it is kept for a repeated request."""
    kept = case.model_dump(include=set(ActionDone.model_fields) - {"legal_actions"})
    return ActionDone.model_validate({**kept, "legal_actions": legal}).model_dump(mode="json")


def _sp4n_status(state: State, facts: Sequence[CaseFact]) -> str:
    """Return SP4N's name; of a closed case it tells by whom it was closed."""
    names = STATES[state].sp4n
    if len(names) == 1:
        return names[0]
    closed_by = next((fact.by for fact in reversed(facts) if fact.to_state == state), "sla")
    return names[("citizen", "desk", "sla").index(closed_by)]
