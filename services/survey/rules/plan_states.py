"""The states of a follow-up plan and what leads from one to another. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final


class PlanState(StrEnum):
    """Where a follow-up plan is."""

    OPEN = "open"
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class PlanAction(StrEnum):
    """What happens to a follow-up plan."""

    PLAN = "plan"
    START = "start"
    ADD_EVIDENCE = "evidence"
    COMPLETE = "complete"
    REOPEN = "reopen"
    CANCEL = "cancel"


PLAN_STATES: Final[Mapping[PlanState, Mapping[PlanAction, PlanState]]] = {
    PlanState.OPEN: {PlanAction.PLAN: PlanState.PLANNED, PlanAction.CANCEL: PlanState.CANCELLED},
    PlanState.PLANNED: {
        PlanAction.PLAN: PlanState.PLANNED,
        PlanAction.START: PlanState.RUNNING,
        PlanAction.CANCEL: PlanState.CANCELLED,
    },
    PlanState.RUNNING: {
        PlanAction.PLAN: PlanState.RUNNING,
        PlanAction.ADD_EVIDENCE: PlanState.RUNNING,
        PlanAction.COMPLETE: PlanState.DONE,
        PlanAction.CANCEL: PlanState.CANCELLED,
    },
    PlanState.DONE: {
        PlanAction.ADD_EVIDENCE: PlanState.DONE,
        PlanAction.REOPEN: PlanState.RUNNING,
    },
    PlanState.CANCELLED: {PlanAction.REOPEN: PlanState.OPEN},
}

#: What staff call them.
PLAN_STATE_NAMES: Final[Mapping[PlanState, str]] = {
    PlanState.OPEN: "menunggu rencana",
    PlanState.PLANNED: "direncanakan",
    PlanState.RUNNING: "dikerjakan",
    PlanState.DONE: "selesai",
    PlanState.CANCELLED: "dibatalkan",
}

#: States in which somebody still owes work.
UNFINISHED: Final = (PlanState.OPEN, PlanState.PLANNED, PlanState.RUNNING)


def legal_plan_actions(state: PlanState) -> tuple[PlanAction, ...]:
    """Return what may be done with a plan now."""
    return tuple(action for action in PlanAction if action in PLAN_STATES[state])


def is_overdue(
    state: PlanState, due_on: date | None, opened_at: datetime, within: timedelta, today: date
) -> bool:
    """Tell whether a plan is late: past its due day, or not even written within `within`.

    The due day itself is not late. `opened_at` is in the Pemda's zone.
    """
    if state not in UNFINISHED:
        return False
    if due_on is not None:
        return today > due_on
    return today > (opened_at + within).date()
