"""HTTP in: practice with invented cases, by the same actions and bodies as the real ones."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request

from services.routing import access
from services.routing.api.doors import context_of, service_of
from services.routing.operations import practising
from services.routing.practice_schemas import (
    PracticeCases,
    PracticeStep,
    PracticeView,
    PracticeWish,
    body_of,
)
from services.routing.states import Action
from shared.auth import Principal, require
from shared.problems import problem_responses

router = APIRouter(prefix="/routing/v1/practice", tags=["practice"])

Trainee = Annotated[Principal, Depends(require(*access.OPD_STAFF))]
StepName = Annotated[
    Literal["respond", "progress", "request-information", "resolve", "return", "reject"],
    Path(description="The action, as of a real case."),
]


@router.post(
    "/cases",
    operation_id="routing_start_practice",
    status_code=201,
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def start_practice(request: Request, caller: Trainee, body: PracticeWish) -> PracticeCases:
    """Open invented cases, first those that the caller practised least; nothing is published."""
    async with service_of(request).units.begin() as unit:
        views = await practising.start_practice(unit, context_of(request), caller, body.count)
    return _cases(views)


@router.get(
    "/cases",
    operation_id="routing_list_practice",
    responses=problem_responses(401, 403, 503),
)
async def list_practice(request: Request, caller: Trainee) -> PracticeCases:
    """Show the caller's invented cases and scores, the newest first."""
    async with service_of(request).units.begin() as unit:
        return _cases(await practising.list_practice(unit, caller))


@router.post(
    "/cases/{case_id}/{action}",
    operation_id="routing_practise",
    responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
)
async def practise(
    request: Request, case_id: UUID, action: StepName, body: PracticeStep, caller: Trainee
) -> PracticeView:
    """Take an action with an invented case; its score comes once it is over."""
    async with service_of(request).units.begin() as unit:
        return await practising.take_step(
            unit, context_of(request), caller, str(case_id), Action(action), body_of(body)
        )


def _cases(views: list[PracticeView]) -> PracticeCases:
    points = [view.score.points for view in views if view.score is not None]
    mean = round(sum(points) / len(points), 1) if points else None
    return PracticeCases(items=views, mean_points=mean)
