"""Whether what happened to a case follows routing's table of states."""

from collections.abc import Sequence

from services.routing.states import Action, State, is_legal, next_state
from tests.chaos.evidence import CaseRow, Fact

# Facts that are no action of the table, and leave the state as it is.
_NEUTRAL = frozenset({"amend"})
_FIRST_STATES = frozenset({"triage", "assigned"})


class PathBroken(ValueError):
    """A history that the table of states does not allow."""


def check_path(case: CaseRow, facts: Sequence[Fact]) -> None:
    """Follow a history from its first fact to the case as it is; raises PathBroken."""
    versions = [fact.version for fact in facts]
    if not facts or versions != list(range(1, case.version + 1)):
        raise PathBroken(f"version {case.version} has the facts {versions}")
    first, *following = facts
    if first.from_state is not None or first.to_state not in _FIRST_STATES:
        raise PathBroken(f"begins with {first.action} to {first.to_state}")
    state, before_merge = State(first.to_state), None
    for fact in following:
        expected = _follow(state, fact, before_merge)
        if fact.to_state != expected:
            raise PathBroken(f"{fact.action} leads to {fact.to_state}, not to {expected}")
        if fact.action == Action.MERGE:
            before_merge = state
        state = expected
    if (state, facts[-1].opd) != (case.state, case.opd):
        raise PathBroken(f"ends as {state} of {facts[-1].opd}, is {case.state} of {case.opd}")


def _follow(state: State, fact: Fact, before_merge: State | None) -> State:
    if fact.from_state != state:
        raise PathBroken(f"fact {fact.version} leaves {fact.from_state}, which was {state}")
    if fact.action in _NEUTRAL:
        return state
    action = Action(fact.action)
    if not is_legal(state, action):
        raise PathBroken(f"fact {fact.version} is {action} while {state}")
    return next_state(state, action, before_merge)
