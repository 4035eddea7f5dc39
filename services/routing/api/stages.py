"""HTTP in: the stage that an application is in, and what is decided there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.routing import access, queries, stage_queries
from services.routing.api.doors import (
    ACTION_PROBLEMS,
    Door,
    Reader,
    context_of,
    door_for,
    service_of,
)
from services.routing.errors import CaseNotFound
from services.routing.operations import deciding_stages
from services.routing.operations.changing import Acting, etag_of
from services.routing.operations.handling import may_see_case
from services.routing.schemas import ActionDone
from services.routing.stage_schemas import DecisionWish, StageView
from services.routing.stage_views import view_stage
from shared.problems import problem_responses

router = APIRouter(prefix="/routing/v1", tags=["stages"])

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
        application = await deciding_stages.application_of(unit, context, case)
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
