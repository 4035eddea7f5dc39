"""Which cases are late, as sla's clocks tell; the closing clock measures the citizen's silence."""

from typing import Final

from services.routing import handling_queries
from services.routing.context import RoutingContext
from services.routing.handling_tables import LateClock
from services.routing.operations.citizens import CLOSING_STAGE, miss_deadline
from shared.contracts.sla import ClockRescheduled, ClockResumed, ClockStopped, DeadlineMissed
from shared.unit_of_work import UnitOfWork

_MET: Final = "met"


async def note_missed(unit: UnitOfWork, context: RoutingContext, event: DeadlineMissed) -> None:
    """Remember that a case is late; where the citizen stayed silent, close it instead."""
    if event.stage == CLOSING_STAGE:
        await miss_deadline(unit, context, event)
        return
    await handling_queries.put_late_clock(
        unit.connection,
        LateClock(
            complaint_id=event.complaint_id,
            clock_id=event.clock_id,
            stage=event.stage,
            part=event.part,
            opd=event.opd,
            due_at=event.due_at,
        ),
    )


async def note_stopped(unit: UnitOfWork, context: RoutingContext, event: ClockStopped) -> None:
    """Forget that a case was late; a clock that was met never was."""
    del context
    if event.outcome != _MET:
        await handling_queries.forget_late_clock(
            unit.connection, event.complaint_id, event.clock_id
        )


async def note_moved(
    unit: UnitOfWork, context: RoutingContext, event: ClockRescheduled | ClockResumed
) -> None:
    """Forget that a case was late with a clock that has a later due time now."""
    del context
    if event.due_at > unit.now:
        await handling_queries.forget_late_clock(
            unit.connection, event.complaint_id, event.clock_id
        )
