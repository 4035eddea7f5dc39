"""What intake shows of a case: a projection of routing's events, and what a citizen may do now.

Routing alone owns the state. Only a withdrawal is known here first; it is final, and what routing
did before it heard of it is told by the timeline alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from shared.contracts.event import Event
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseMerged,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseSplit,
    CaseTriaged,
    CaseUnmerged,
    ContributionDone,
    ContributionRequested,
    InformationReceived,
    InformationRequested,
    ResponseGiven,
    StageEntered,
)
from shared.contracts.sla import CaseEscalated, DeadlineMissed

RECEIVED: Final = "received"
WITHDRAWN: Final = "withdrawn"
MERGED: Final = "merged"
REJECTED: Final = "rejected"
#: What nobody works on any more. A citizen can no longer withdraw from these.
ENDED_STATES: Final = ("resolved", "closed", REJECTED, MERGED)
OPEN_STATES: Final = (RECEIVED, "triage", "assigned", "in_progress", "waiting_citizen")
#: From when on the reporter's data are merely kept, and the retention periods run.
RETAINED_STATES: Final = ("closed", REJECTED, MERGED, WITHDRAWN)
#: In these a complaint can join another: nobody waits for its reporter alone.
JOINABLE_STATES: Final = (RECEIVED, "triage", "assigned", "in_progress")
STATES: Final = (*OPEN_STATES, *ENDED_STATES, WITHDRAWN)

Action = Literal["message", "feedback", "withdraw"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a case is, as far as events have told; `request_id` is the open question."""

    state: str = RECEIVED
    opd: str | None = None
    opd_name: str | None = None
    topic: str | None = None
    epoch: int = 0
    request_id: str | None = None
    state_before_merge: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a timeline is told: `text` is what an officer wrote, `detail` a code or name."""

    kind: str
    opd: str | None = None
    opd_name: str | None = None
    text: str | None = None
    detail: str | None = None


Step = tuple[Progress, Entry | None]

#: sla's stages that tell citizens something; `closing` measures the citizen's own silence.
_CITIZENS_STAGES: Final = ("verification", "first_response", "follow_up", "resolution")
#: Whom an escalation reaches within the OPD itself is its own business.
_OUTSIDE_ROLES: Final = ("triage", "head", "sekda", "leader")


def legal_actions(state: str, leading_state: str | None = None) -> tuple[Action, ...]:
    """Return what a citizen may do in this state; while merged, in that of the case that leads.

    They may judge its result, and withdraw, as if it were their own.
    """
    if state == MERGED and leading_state is not None:
        state = leading_state
    actions: list[Action] = []
    if state != WITHDRAWN:
        actions.append("message")
    if state in {"resolved", "closed"}:
        actions.append("feedback")
    if state in OPEN_STATES:
        actions.append("withdraw")
    return tuple(actions)


def follow(progress: Progress, event: Event) -> Step:
    """Return what is shown after an event, and what the timeline is told of it."""
    step = _STEPS.get(type(event))
    if step is None:
        return progress, None
    after, entry = step(progress, event)
    if progress.state == WITHDRAWN:
        # What routing did before it heard of the withdrawal; it will put the case aside.
        after = replace(after, state=WITHDRAWN)
    return after, entry


def _triaged(progress: Progress, _event: CaseTriaged) -> Step:
    return _unplaced(progress), Entry("triaged")


def _assigned(progress: Progress, event: CaseAssigned) -> Step:
    entry = Entry("assigned", event.opd, event.opd_name)
    if event.part:
        return progress, replace(entry, kind="contribution_requested")
    after = replace(
        progress,
        state="assigned",
        opd=event.opd,
        opd_name=event.opd_name,
        topic=event.topic,
        request_id=None,
    )
    return after, entry


def _returned(progress: Progress, event: CaseReturned) -> Step:
    name = progress.opd_name if event.opd == progress.opd else None
    entry = Entry("returned", event.opd, name)
    if event.part:
        return progress, entry
    return _unplaced(progress), entry


def _contribution_requested(progress: Progress, event: ContributionRequested) -> Step:
    return progress, Entry("contribution_requested", event.opd, event.opd_name)


def _contribution_done(progress: Progress, event: ContributionDone) -> Step:
    return progress, Entry("contribution_done", event.opd, text=event.text)


def _responded(progress: Progress, event: ResponseGiven) -> Step:
    kind = "answered" if event.kind == "answer" else "progressed"
    entry = Entry(kind, *_opd_of(progress, event), text=event.text)
    return (progress if event.part else replace(progress, state="in_progress")), entry


def _information_requested(progress: Progress, event: InformationRequested) -> Step:
    entry = Entry("information_requested", *_opd_of(progress, event), text=event.text)
    return replace(progress, state="waiting_citizen", request_id=event.request_id), entry


def _information_received(progress: Progress, event: InformationReceived) -> Step:
    entry = Entry("information_received", *_opd_of(progress, event))
    if progress.request_id not in {None, event.request_id}:
        return progress, entry
    return replace(progress, state="in_progress", request_id=None), entry


def _resolved(progress: Progress, event: CaseResolved) -> Step:
    entry = Entry("resolved", *_opd_of(progress, event), text=event.text)
    if event.part:
        return progress, replace(entry, kind="contribution_done")
    return replace(progress, state="resolved", request_id=None), entry


def _rejected(progress: Progress, event: CaseRejected) -> Step:
    after = replace(progress, state="rejected", request_id=None)
    return after, Entry("rejected", text=event.text, detail=event.reason_code)


def _reopened(progress: Progress, event: CaseReopened) -> Step:
    after = replace(progress, state="assigned", epoch=event.epoch, request_id=None)
    # The desk reconsiders a rejected case; it says in its next event that it has it.
    kind = "reconsidered" if progress.state == "rejected" else "reopened"
    return after, Entry(kind, progress.opd, progress.opd_name)


def _merged(progress: Progress, _event: CaseMerged) -> Step:
    if progress.state == MERGED:
        return progress, None
    after = replace(progress, state=MERGED, state_before_merge=progress.state)
    return after, Entry("merged")


def _unmerged(progress: Progress, event: CaseUnmerged) -> Step:
    restored = event.restored_state or progress.state_before_merge or "triage"
    return replace(progress, state=restored, state_before_merge=None), Entry("unmerged")


def _split(progress: Progress, event: CaseSplit) -> Step:
    leading = next((part for part in event.parts if part.part == 0), None)
    if leading is None:
        return progress, Entry("split")
    after = replace(
        progress,
        opd=leading.opd,
        opd_name=leading.opd_name or progress.opd_name,
        topic=leading.topic or progress.topic,
    )
    return after, Entry("split")


def _closed(progress: Progress, event: CaseClosed) -> Step:
    return replace(progress, state="closed", request_id=None), Entry("closed", detail=event.reason)


def _stage_entered(progress: Progress, event: StageEntered) -> Step:
    # A disposition is the OPD's inner matter; of the end CaseResolved or CaseRejected tells.
    if event.part or event.outcome is not None:
        return progress, None
    return progress, Entry("stage_entered", event.opd, event.opd_name, detail=event.stage)


def _deadline_missed(progress: Progress, event: DeadlineMissed) -> Step:
    is_of_service = "." in event.stage and event.part == 0
    if event.stage not in _CITIZENS_STAGES and not is_of_service:
        return progress, None
    return progress, Entry("deadline_missed", *_opd_of(progress, event), detail=event.stage)


def _escalated(progress: Progress, event: CaseEscalated) -> Step:
    if event.to_role not in _OUTSIDE_ROLES or event.stage == "closing":
        return progress, None
    return progress, Entry("escalated", *_opd_of(progress, event), detail=event.to_role)


def _unplaced(progress: Progress) -> Progress:
    return replace(progress, state="triage", opd=None, opd_name=None, topic=None, request_id=None)


def _opd_of(progress: Progress, event: Any) -> tuple[str | None, str | None]:
    """Return code and name of the OPD that an event is about: its own, else the present one."""
    opd = event.opd or progress.opd
    name: str | None = getattr(event, "opd_name", None)
    return opd, name or (progress.opd_name if opd == progress.opd else None)


_STEPS: Final[Mapping[type[Event], Callable[[Progress, Any], Step]]] = {
    CaseTriaged: _triaged,
    CaseAssigned: _assigned,
    CaseReturned: _returned,
    ContributionRequested: _contribution_requested,
    ContributionDone: _contribution_done,
    ResponseGiven: _responded,
    InformationRequested: _information_requested,
    InformationReceived: _information_received,
    CaseResolved: _resolved,
    CaseRejected: _rejected,
    CaseReopened: _reopened,
    CaseMerged: _merged,
    CaseUnmerged: _unmerged,
    CaseSplit: _split,
    CaseClosed: _closed,
    StageEntered: _stage_entered,
    DeadlineMissed: _deadline_missed,
    CaseEscalated: _escalated,
}

#: The events after which something else is shown.
FOLLOWED: Final = tuple(_STEPS)
