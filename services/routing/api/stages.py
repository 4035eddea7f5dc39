"""HTTP in: the stage that an application is in, and what is decided there."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.routing import access, disposition_queries, queries, stage_queries
from services.routing.api.doors import (
    ACTION_PROBLEMS,
    Door,
    Reader,
    context_of,
    door_for,
    service_of,
)
from services.routing.disposition_schemas import (
    FilingPage,
    FilingResults,
    Filings,
    FilingView,
)
from services.routing.errors import CaseNotFound, OpdMissing
from services.routing.operations import checking_stages, deciding_stages, filing
from services.routing.operations.changing import Acting, etag_of
from services.routing.operations.handling import may_see_case
from services.routing.schemas import ActionDone
from services.routing.stage_schemas import DecisionWish, StageView
from services.routing.stage_views import view_stage
from shared.auth import Principal, require
from shared.problems import problem_responses

router = APIRouter(prefix="/routing/v1", tags=["stages"])

_MOST_SHOWN = 200

Staff = Annotated[Principal, Depends(require(*access.OPD_STAFF))]
StaffDoor = Annotated[Door, door_for(*access.OPD_STAFF)]


@router.get(
    "/cases/{complaint_id}/stage",
    operation_id="routing_get_stage",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def get_stage(
    request: Request, response: Response, complaint_id: UUID, caller: Reader
) -> StageView:
    """Show where an application is, what may be decided there, and where it was before."""
    context = context_of(request)
    async with service_of(request).units.begin() as unit:
        case = await queries.find_case(unit.connection, str(complaint_id))
        acting = Acting(caller, str(complaint_id))
        if case is None or not await may_see_case(unit, acting, case):
            raise CaseNotFound
        application = await checking_stages.application_of(unit, context, case)
        visits = await stage_queries.list_visits(unit.connection, case.complaint_id)
        today = unit.now.astimezone(context.zone).date()
    response.headers["ETag"] = etag_of(case.version)
    return view_stage(case, application, visits, caller, today)


@router.post(
    "/cases/{complaint_id}/decide", operation_id="routing_decide_stage", responses=ACTION_PROBLEMS
)
async def decide_stage(body: DecisionWish, door: StaffDoor) -> ActionDone:
    """Take a decision of the stage that an application is in, with what its form asks."""
    return await door.do(deciding_stages.decide, body)


@router.post(
    "/stages/decisions",
    operation_id="routing_file_decisions",
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def file_decisions(request: Request, body: Filings, caller: Staff) -> FilingResults:
    """Take in what was filled in without a network, each with a result of its own.

    A `client_id` has one effect, however often it is sent; what collides is kept and said so.
    """
    if caller.opd is None:
        raise OpdMissing
    units, context = service_of(request).units, context_of(request)
    return FilingResults(
        results=[
            await filing.file_decision(units, context, caller, each) for each in body.decisions
        ]
    )


@router.get(
    "/stages/decisions",
    operation_id="routing_list_filings",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_filings(
    request: Request,
    caller: Staff,
    outcome: Annotated[
        Literal["taken", "conflict", "refused"] | None, Query(description="With this outcome.")
    ] = None,
) -> FilingPage:
    """Show what the caller's OPD sent from the field, whatever became of it; the newest 200."""
    if caller.opd is None:
        raise OpdMissing
    async with service_of(request).units.begin() as unit:
        rows = await disposition_queries.list_filings(
            unit.connection, opd=caller.opd, outcome=outcome, limit=_MOST_SHOWN
        )
    return FilingPage(items=[FilingView.model_validate(each.model_dump()) for each in rows])
