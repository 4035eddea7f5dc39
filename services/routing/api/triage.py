"""HTTP in: the triage desk's queue, what is taken from it, and several decisions at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.routing import access
from services.routing.api.doors import context_of, service_of
from services.routing.handling_schemas import (
    CaseDecided,
    CasesDecided,
    Choice,
    Choices,
    LeaseEnded,
    LeaseWish,
    Queue,
)
from services.routing.operations import triage
from services.routing.operations.together import answer_of
from shared.auth import Principal, require
from shared.errors import Problem
from shared.problems import problem_responses

router = APIRouter(prefix="/routing/v1/triage", tags=["triage"])

Desk = Annotated[Principal, Depends(require(*access.DESK))]

_PROBLEMS = problem_responses(400, 401, 403, 413, 422, 503)


@router.get("/queue", operation_id="routing_show_queue", responses=_PROBLEMS)
async def show_queue(
    request: Request,
    caller: Desk,
    limit: Annotated[int, Query(ge=1, le=100, description="Cases to show.")] = 25,
) -> Queue:
    """Show what waits for the desk, the most urgent first, with its proposals by number."""
    async with service_of(request).units.begin() as unit:
        return await triage.show_queue(unit, caller, limit)


@router.post("/leases", operation_id="routing_lease_cases", responses=_PROBLEMS)
async def lease_cases(request: Request, caller: Desk, body: LeaseWish) -> Queue:
    """Take the most urgent free cases in hand for ten minutes, and show the queue."""
    async with service_of(request).units.begin() as unit:
        await triage.lease_next(unit, caller, body.count)
        queue = await triage.show_queue(unit, caller, 100)
    mine = [item for item in queue.items if item.leased_by_me]
    return queue.model_copy(update={"items": mine})


@router.delete(
    "/leases/{complaint_id}",
    operation_id="routing_release_lease",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def release_lease(request: Request, complaint_id: UUID, caller: Desk) -> LeaseEnded:
    """Let go of a case without deciding it."""
    async with service_of(request).units.begin() as unit:
        await triage.release_lease(unit, caller, str(complaint_id))
    return LeaseEnded(complaint_id=str(complaint_id))


@router.post("/decisions", operation_id="routing_decide_cases", responses=_PROBLEMS)
async def decide_cases(request: Request, caller: Desk, body: Choices) -> CasesDecided:
    """Decide up to fifty cases; one that is refused holds up no other."""
    return CasesDecided(results=[await _decide(request, caller, each) for each in body.decisions])


async def _decide(request: Request, caller: Principal, choice: Choice) -> CaseDecided:
    complaint_id = str(choice.complaint_id)
    try:
        async with service_of(request).units.begin() as unit:
            case = await triage.decide(unit, context_of(request), caller, choice)
    except Problem as problem:
        return CaseDecided(complaint_id=complaint_id, status=problem.status, problem=problem.detail)
    done = answer_of(caller, case)
    return CaseDecided.model_validate({"complaint_id": complaint_id, "status": 200, "case": done})
