"""Intake follows routing and sla: the projection that citizens see, and its timeline.

An acknowledgement of intake's own is no response and stands in no timeline as one. Routing and sla
write to different columns and rows, so that the order between their topics does not matter.
"""

from typing import Final

from services.intake import duplicate_queries, queries
from services.intake.context import IntakeContext
from services.intake.operations.application_progress import is_of_service
from services.intake.operations.leading import shared_steps
from services.intake.operations.steps import step_book
from services.intake.operations.telling import tell_reporter
from services.intake.rules.progress import WITHDRAWN, Entry
from services.intake.tables import Deadline
from shared.columns import row_of
from shared.contracts.event import Event
from shared.contracts.routing import CaseMerged, CaseUnmerged
from shared.contracts.sla import (
    ClockPaused,
    ClockRescheduled,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
)
from shared.unit_of_work import UnitOfWork

#: The clocks of which citizens are told when they are due.
_SHOWN_STAGES: Final = ("first_response", "follow_up", "resolution")


async def follow_case(unit: UnitOfWork, context: IntakeContext, event: Event) -> None:
    """Show what happened to a case, and tell its reporter; ComplaintMissing at the unit's end."""
    step_book(unit, context).heard.append(event)


async def follow_merger(unit: UnitOfWork, context: IntakeContext, event: CaseMerged) -> None:
    """Show that a case became part of another, whose steps its reporter sees and hears from now on.

    Raises ComplaintMissing.
    """
    await follow_case(unit, context, event)
    await step_book(unit, context).settle(unit)
    progress = await queries.lock_progress(unit.connection, event.complaint_id)
    if progress is None or progress.state == WITHDRAWN:
        return
    connection = unit.connection
    await duplicate_queries.begin_merger(
        connection, event.complaint_id, event.into, event.occurred_at
    )
    # Whoever tells of the leader holds this lock: what they told before, this reporter hears now;
    # what they tell after it, they tell this reporter too.
    await queries.lock_progress(connection, event.into)
    steps = await queries.list_entries(connection, event.into)
    for step in shared_steps(steps, event.occurred_at):
        entry = Entry(step.kind, step.opd, step.opd_name, step.text, step.detail)
        tell_reporter(unit, context, event.complaint_id, entry)


async def follow_separation(unit: UnitOfWork, context: IntakeContext, event: CaseUnmerged) -> None:
    """Show that a case is its own again; raises ComplaintMissing."""
    await follow_case(unit, context, event)
    await step_book(unit, context).settle(unit)
    await duplicate_queries.end_merger(unit.connection, event.complaint_id, event.occurred_at)


async def follow_clock(
    unit: UnitOfWork,
    context: IntakeContext,
    event: ClockStarted | ClockResumed | ClockRescheduled,
) -> None:
    """Show when a step is due."""
    if event.stage not in _SHOWN_STAGES and not (is_of_service(event.stage) and event.part == 0):
        return
    deadline = {
        "clock_id": event.clock_id,
        "complaint_id": event.complaint_id,
        "stage": event.stage,
        "part": event.part,
        "epoch": event.epoch,
        "due_at": event.due_at,
        "state": "running",
    }
    step_book(unit, context).put_deadline(row_of(Deadline, deadline))


async def pause_clock(unit: UnitOfWork, context: IntakeContext, event: ClockPaused) -> None:
    """Show that a step waits for something else; no effect on a clock that is not shown."""
    step_book(unit, context).set_state(event.clock_id, "paused")


async def stop_clock(unit: UnitOfWork, context: IntakeContext, event: ClockStopped) -> None:
    """Show how a clock ended; no effect on a clock that is not shown."""
    step_book(unit, context).set_state(event.clock_id, event.outcome)


async def miss_deadline(unit: UnitOfWork, context: IntakeContext, event: DeadlineMissed) -> None:
    """Show that a step is late, in the expectations and on the timeline."""
    step_book(unit, context).miss(event.clock_id)
    await follow_case(unit, context, event)
