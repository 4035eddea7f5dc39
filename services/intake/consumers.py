"""Events in: which of them intake shows to citizens, and by which operation."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.intake.context import IntakeContext
from services.intake.operations.documents import follow_stage
from services.intake.operations.following import (
    follow_case,
    follow_clock,
    follow_merger,
    follow_separation,
    miss_deadline,
    pause_clock,
    stop_clock,
)
from services.intake.rules.progress import FOLLOWED
from shared.contracts.event import Event
from shared.contracts.routing import CaseMerged, CaseUnmerged, StageEntered
from shared.contracts.sla import (
    ClockPaused,
    ClockRescheduled,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
)
from shared.inbox import Handler
from shared.unit_of_work import UnitOfWork

Operation = Callable[[UnitOfWork, IntakeContext, Any], Awaitable[None]]

# DeadlineNear is missing: what is near is for officers to know.
OPERATIONS: dict[type[Event], Operation] = {
    **dict.fromkeys(FOLLOWED, follow_case),
    CaseMerged: follow_merger,
    CaseUnmerged: follow_separation,
    StageEntered: follow_stage,
    ClockStarted: follow_clock,
    ClockResumed: follow_clock,
    ClockRescheduled: follow_clock,
    ClockPaused: pause_clock,
    ClockStopped: stop_clock,
    DeadlineMissed: miss_deadline,
}


def handlers(context: IntakeContext) -> dict[type[Event], Handler]:
    """Return the handlers for the inbox; classes that are not among them change nothing here."""
    return {cls: _with(context, operation) for cls, operation in OPERATIONS.items()}


def _with(context: IntakeContext, operation: Operation) -> Handler:
    async def handle(unit: UnitOfWork, event: Event) -> None:
        await operation(unit, context, event)

    return handle
