"""The triage desk's queue: what waits, who has it in hand, and several decisions at once."""

from datetime import timedelta
from typing import Any, Final

from services.routing import access, handling_queries, queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseNotFound
from services.routing.handling_schemas import Choice, Queue, QueuedCase
from services.routing.operations import desk
from services.routing.operations.changing import Acting, etag_of
from services.routing.schemas import Assignment
from services.routing.tables import Case
from services.routing.work_errors import LeaseNotYours, ProposalMissing
from shared.auth import Principal
from shared.unit_of_work import UnitOfWork

#: How long the desk has a case in hand before it is free again by itself.
LEASE: Final = timedelta(minutes=10)


async def show_queue(unit: UnitOfWork, caller: Principal, limit: int) -> Queue:
    """Return what waits for the desk, the most urgent first."""
    me = access.officer_id(caller)
    rows = await handling_queries.list_queue(unit.connection, limit)
    waiting, free = await handling_queries.count_queue(unit.connection, me, unit.now)
    return Queue(items=[_queued(dict(row), me, unit) for row in rows], waiting=waiting, free=free)


async def lease_next(unit: UnitOfWork, caller: Principal, count: int) -> list[str]:
    """Take the most urgent free cases in hand for `LEASE`; what one has already is prolonged."""
    return await handling_queries.lease_cases(
        unit.connection, access.officer_id(caller), unit.now, unit.now + LEASE, count
    )


async def release_lease(unit: UnitOfWork, caller: Principal, complaint_id: str) -> None:
    """Let go of a case; raises CaseNotFound, LeaseNotYours."""
    me = access.officer_id(caller)
    if await queries.find_case(unit.connection, complaint_id) is None:
        raise CaseNotFound
    if not await handling_queries.end_lease(unit.connection, complaint_id, me):
        raise LeaseNotYours


async def decide(
    unit: UnitOfWork, context: RoutingContext, caller: Principal, choice: Choice
) -> Case:
    """Let one decision of the desk take effect.

    Raises ProposalMissing, and what assigning and rejecting raise.
    """
    etags = None if choice.version is None else frozenset({etag_of(choice.version)})
    acting = Acting(caller, str(choice.complaint_id), etags)
    if choice.reject is not None:
        return await desk.reject_case(unit, context, acting, choice.reject)
    assignment = choice.assign or await _proposed(unit, acting, choice.proposal or 0)
    return await desk.assign_case(unit, context, acting, assignment)


async def _proposed(unit: UnitOfWork, acting: Acting, number: int) -> Assignment:
    proposals = await handling_queries.find_proposals(unit.connection, acting.complaint_id)
    if not 1 <= number <= len(proposals):
        raise ProposalMissing(number, len(proposals))
    chosen = proposals[number - 1]
    return Assignment(
        opd=chosen["opd"], topic=chosen.get("topic"), reason=f"Usulan nomor {number} dipilih meja."
    )


def _queued(row: dict[str, Any], me: str, unit: UnitOfWork) -> QueuedCase:
    lease_by, lease_until = row.pop("lease_by"), row.pop("lease_until")
    held = lease_until is not None and lease_until > unit.now
    return QueuedCase.model_validate(
        {
            **row,
            "lease_until": lease_until if held else None,
            "leased_by_me": held and lease_by == me,
        }
    )
