"""Events in: which of them routing acts on, and by which operation."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.routing.context import RoutingContext
from services.routing.operations.amending import amend_case
from services.routing.operations.citizens import (
    receive_feedback,
    receive_message,
    withdraw_case,
)
from services.routing.operations.evidence import keep_evidence
from services.routing.operations.joining import join_case
from services.routing.operations.lateness import note_missed, note_moved, note_stopped
from services.routing.operations.learning import keep_archived
from services.routing.operations.opening import open_case
from shared.contracts.event import Event
from shared.contracts.intake import (
    CitizenMessageReceived,
    ComplaintAmended,
    ComplaintImported,
    ComplaintSubmitted,
    ComplaintWithdrawn,
    EvidenceAdded,
    FeedbackGiven,
    ReporterJoined,
)
from shared.contracts.sla import ClockRescheduled, ClockResumed, ClockStopped, DeadlineMissed
from shared.inbox import Handler
from shared.unit_of_work import UnitOfWork

Operation = Callable[[UnitOfWork, RoutingContext, Any], Awaitable[None]]

OPERATIONS: dict[type[Event], Operation] = {
    ComplaintSubmitted: open_case,
    ComplaintAmended: amend_case,
    ComplaintImported: keep_archived,
    ComplaintWithdrawn: withdraw_case,
    CitizenMessageReceived: receive_message,
    FeedbackGiven: receive_feedback,
    ReporterJoined: join_case,
    EvidenceAdded: keep_evidence,
    DeadlineMissed: note_missed,
    ClockStopped: note_stopped,
    ClockRescheduled: note_moved,
    ClockResumed: note_moved,
}


def handlers(context: RoutingContext) -> dict[type[Event], Handler]:
    """Return the handlers for the inbox; classes that are not among them change nothing here."""
    return {cls: _with(context, operation) for cls, operation in OPERATIONS.items()}


def _with(context: RoutingContext, operation: Operation) -> Handler:
    async def handle(unit: UnitOfWork, event: Event) -> None:
        await operation(unit, context, event)

    return handle
