"""The events that tell of a clock: made from what happened to it, and from nothing else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.sla.due_queries import DueClock
from services.sla.firing import Firing, role_to_tell
from services.sla.rules import ClockPlan
from services.sla.stopwatch import Change, ChangeKind
from shared.contracts.event import Event
from shared.contracts.sla import (
    CaseEscalated,
    ClockPaused,
    ClockRescheduled,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    DeadlineNear,
)

_SCHEDULED = {
    ChangeKind.STARTED: ClockStarted,
    ChangeKind.RESUMED: ClockResumed,
    ChangeKind.RESCHEDULED: ClockRescheduled,
}


def change_event(complaint_id: str, clock_id: str, plan: ClockPlan, change: Change) -> Event:
    """Tell of one change; it occurred when the news says, however late the news came."""
    about: dict[str, Any] = {
        "complaint_id": complaint_id,
        "occurred_at": change.at,
        "clock_id": clock_id,
        **plan.key._asdict(),
        "opd": change.opd,
    }
    if change.kind is ChangeKind.PAUSED:
        return ClockPaused(**about, reason=change.reason)
    if change.kind is ChangeKind.STOPPED:
        return ClockStopped(
            **about,
            outcome=change.outcome,
            elapsed_seconds=(change.at - plan.started_at).total_seconds(),
            working_seconds=change.worked.total_seconds(),
            held_seconds=_seconds(change.held),
            held_working_seconds=_seconds(change.held_worked),
        )
    return _SCHEDULED[change.kind](
        **about, policy=plan.terms.policy, due_at=change.due_at, reason=change.reason
    )


def _seconds(times: Mapping[str, timedelta]) -> dict[str, float]:
    return {opd: time.total_seconds() for opd, time in times.items()}


def late_miss_event(
    complaint_id: str, clock_id: str, plan: ClockPlan, now: datetime
) -> DeadlineMissed:
    """Tell of a deadline that had passed when the clock stopped, before the scanner saw it."""
    return DeadlineMissed(
        complaint_id=complaint_id,
        occurred_at=now,
        clock_id=clock_id,
        **plan.key._asdict(),
        opd=plan.opd,
        due_at=plan.due_at,
    )


def firing_event(clock: DueClock, firing: Firing, now: datetime) -> Event:
    """Tell of what a running clock did by itself."""
    about: dict[str, Any] = {
        "complaint_id": clock.complaint_id,
        "occurred_at": now,
        "clock_id": clock.clock_id,
        **clock.key._asdict(),
        "opd": clock.opd,
    }
    if firing.rung is not None:
        role = role_to_tell(firing.rung, clock.opd)
        return CaseEscalated(**about, level=firing.rung.level, to_role=role)
    deadline = DeadlineNear if firing.kind == "near" else DeadlineMissed
    return deadline(**about, due_at=clock.due_at)
