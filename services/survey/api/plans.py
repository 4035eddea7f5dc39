"""HTTP: follow-up plans of weak elements, from their opening to whether they helped."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from re import fullmatch
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.survey import plan_queries
from services.survey.api.doors import TheDoors
from services.survey.api.etags import IfMatch, etags_of
from services.survey.context import SurveyContext
from services.survey.operations import planning
from services.survey.operations.planning import PlanActing
from services.survey.plan_access import (
    PLAN_OPENERS,
    PLAN_READERS,
    PLAN_WRITERS,
    SEES_EVERY_PLAN,
    may_see_plan,
    opaque_id,
)
from services.survey.plan_errors import PlanNotFound
from services.survey.plan_page import draw_plans
from services.survey.plan_queries import WantedPlans
from services.survey.plan_schemas import (
    FollowUpDetail,
    FollowUpPage,
    PlanEvidenceForm,
    PlanForm,
    PlanNoteForm,
    PlanOpeningForm,
    PlansOpened,
)
from services.survey.plan_tables import FollowUpPlan
from services.survey.plan_views import view_plan, view_plan_detail
from services.survey.rules.plan_states import PlanAction, PlanState
from shared.auth import Principal, require
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/survey/v1/plans", tags=["plans"])

_ACTION_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}

Opener = Annotated[Principal, Depends(require(*PLAN_OPENERS))]
PlanReader = Annotated[Principal, Depends(require(*PLAN_READERS))]
PlanWriter = Annotated[Principal, Depends(require(*PLAN_WRITERS))]


@dataclass(frozen=True, slots=True)
class PlanDoor:
    """What all actions with a plan have in common."""

    doors: TheDoors
    response: Response
    acting: PlanActing
    scope: str
    key: str | None

    async def do(
        self, request: bytes, work: Callable[[UnitOfWork], Awaitable[FollowUpPlan]]
    ) -> FollowUpDetail:
        """Let it take effect, once per Idempotency-Key; the commit comes before the answer."""

        async def shown(unit: UnitOfWork) -> dict[str, Any]:
            plan = await work(unit)
            detail = await _detail(unit, self.doors.context, self.acting.caller, plan)
            return detail.model_dump(mode="json")

        answer = await once(self.doors.units, self.scope, self.key, request, shown)
        detail = FollowUpDetail.model_validate(answer)
        self.response.headers["ETag"] = f'"{detail.version}"'
        return detail


async def _open_door(
    request: Request,
    response: Response,
    doors: TheDoors,
    plan_id: UUID,
    caller: PlanWriter,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> PlanDoor:
    acting = PlanActing(caller, opaque_id(caller), str(plan_id), etags_of(if_match))
    return PlanDoor(doors, response, acting, f"{caller.subject} {request.url.path}", key)


ThePlanDoor = Annotated[PlanDoor, Depends(_open_door)]


@router.post(
    "/openings",
    operation_id="survey_open_plans",
    responses=problem_responses(400, 401, 403, 409, 413, 422, 503),
)
async def open_plans(doors: TheDoors, body: PlanOpeningForm, caller: Opener) -> PlansOpened:
    """Open a plan for each weak element of a period that is over; repeated, it opens nothing new.

    The service does the same by itself when a period is closed.
    """
    context = doors.context
    async with doors.units.begin() as unit:
        plans = await planning.open_plans(unit, context, body.period, opaque_id(caller))
        today = context.today(unit.now)
    return PlansOpened(
        period=body.period, opened=[view_plan(context, plan, today) for plan in plans]
    )


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which plans a request asks for; officers and heads get their own OPD's."""

    wanted: WantedPlans


async def _plan_filter(
    doors: TheDoors,
    caller: PlanReader,
    unit: Annotated[
        str | None, Query(max_length=64, pattern=r"^[a-z0-9-]*$", description="Of this unit.")
    ] = None,
    period: Annotated[
        str | None, Query(max_length=7, pattern=r"^[0-9QS-]*$", description="Of this period.")
    ] = None,
    state: Annotated[PlanState | None, Query(description="In this state.")] = None,
    overdue: Annotated[bool, Query(description="Only what is late.")] = False,
) -> PlanFilter:
    opd = None
    if not caller.has(*SEES_EVERY_PLAN):
        if caller.opd is None:
            raise PlanNotFound
        opd = caller.opd
    wanted = WantedPlans(opd=opd, unit=unit, period=period, state=state)
    if overdue:
        now = doors.units.clock.now()
        wanted = replace(
            wanted,
            late_on=doors.context.today(now),
            unwritten_since=planning.unwritten_since(doors.context, now),
        )
    return PlanFilter(wanted)


TheFilter = Annotated[PlanFilter, Depends(_plan_filter)]


@router.get(
    "", operation_id="survey_list_plans", responses=problem_responses(401, 403, 404, 422, 503)
)
async def list_plans(
    request: Request,
    response: Response,
    doors: TheDoors,
    chosen: TheFilter,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Plans per page.")] = 50,
) -> FollowUpPage:
    """List follow-up plans, the newest first; overdue ones alone with `overdue=true`."""
    below = _read_page(cursor)
    async with doors.units.begin() as unit:
        plans = await plan_queries.list_plans(
            unit.connection, chosen.wanted, below=below, limit=limit + 1
        )
        today = doors.context.today(unit.now)
    items = [view_plan(doors.context, plan, today) for plan in plans[:limit]]
    following = write_cursor(items[-1].plan_id) if len(plans) > limit else None
    if following is not None:
        query = [each for each in request.query_params.multi_items() if each[0] != "cursor"]
        target = f"{request.url.path}?{urlencode([*query, ('cursor', following)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return FollowUpPage(items=items, next=following)


@router.get(
    "/page",
    operation_id="survey_print_plans",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page"},
        **problem_responses(401, 403, 404, 422, 503),
    },
)
async def print_plans(doors: TheDoors, caller: PlanReader, chosen: TheFilter) -> HTMLResponse:
    """Show the same, at most 200 plans with their effects, as a page to print."""
    context = doors.context
    async with doors.units.begin() as unit:
        plans = await plan_queries.list_plans(unit.connection, chosen.wanted, below=None, limit=200)
        later = await planning.list_later_tallies(unit, context, plans)
        today = context.today(unit.now)
    details = [
        view_plan_detail(context, caller, plan, [], later[plan.plan_id], today) for plan in plans
    ]
    return HTMLResponse(draw_plans(context, details, today), headers=_POLICY)


@router.get(
    "/{plan_id}",
    operation_id="survey_get_plan",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def get_plan(
    response: Response, doors: TheDoors, plan_id: UUID, caller: PlanReader
) -> FollowUpDetail:
    """Show a plan with its steps and whether it helped; its version is the ETag."""
    async with doors.units.begin() as unit:
        plan = await plan_queries.find_plan(unit.connection, str(plan_id))
        if plan is None or not may_see_plan(caller, plan.opd):
            raise PlanNotFound
        detail = await _detail(unit, doors.context, caller, plan)
    response.headers["ETag"] = f'"{detail.version}"'
    return detail


@router.post("/{plan_id}/plan", operation_id="survey_write_plan", responses=_ACTION_PROBLEMS)
async def write_plan(door: ThePlanDoor, body: PlanForm) -> FollowUpDetail:
    """Write down cause, action, owner and due day, also once more."""
    context = door.doors.context
    return await door.do(
        _hashed(body), lambda unit: planning.write_plan(unit, context, door.acting, body)
    )


@router.post("/{plan_id}/start", operation_id="survey_start_plan", responses=_ACTION_PROBLEMS)
async def start_plan(door: ThePlanDoor) -> FollowUpDetail:
    """Say that the work has begun."""
    return await door.do(b"", lambda unit: planning.move_plan(unit, door.acting, PlanAction.START))


@router.post(
    "/{plan_id}/evidence", operation_id="survey_add_plan_evidence", responses=_ACTION_PROBLEMS
)
async def add_plan_evidence(door: ThePlanDoor, body: PlanEvidenceForm) -> FollowUpDetail:
    """Add evidence that something was done: words, and a link where there is one."""
    return await door.do(_hashed(body), lambda unit: planning.add_evidence(unit, door.acting, body))


@router.post("/{plan_id}/complete", operation_id="survey_complete_plan", responses=_ACTION_PROBLEMS)
async def complete_plan(door: ThePlanDoor) -> FollowUpDetail:
    """Say that the work is done; it needs evidence. Later periods show whether it helped."""
    return await door.do(
        b"", lambda unit: planning.move_plan(unit, door.acting, PlanAction.COMPLETE)
    )


@router.post("/{plan_id}/reopen", operation_id="survey_reopen_plan", responses=_ACTION_PROBLEMS)
async def reopen_plan(door: ThePlanDoor, body: PlanNoteForm) -> FollowUpDetail:
    """Take a finished or cancelled plan up again, and say why."""
    return await door.do(
        _hashed(body),
        lambda unit: planning.move_plan(unit, door.acting, PlanAction.REOPEN, body.note),
    )


@router.post("/{plan_id}/cancel", operation_id="survey_cancel_plan", responses=_ACTION_PROBLEMS)
async def cancel_plan(door: ThePlanDoor, body: PlanNoteForm) -> FollowUpDetail:
    """Let go of a plan, and say why; for the survey's managers."""
    return await door.do(
        _hashed(body),
        lambda unit: planning.move_plan(unit, door.acting, PlanAction.CANCEL, body.note),
    )


async def _detail(
    unit: UnitOfWork, context: SurveyContext, caller: Principal, plan: FollowUpPlan
) -> FollowUpDetail:
    facts = await plan_queries.list_plan_facts(unit.connection, plan.plan_id)
    later = await planning.list_later_tallies(unit, context, [plan])
    today = context.today(unit.now)
    return view_plan_detail(context, caller, plan, facts, later[plan.plan_id], today)


def _hashed(body: PlanForm | PlanEvidenceForm | PlanNoteForm) -> bytes:
    return body.model_dump_json().encode()


def _read_page(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    (plan_id,) = read_cursor(cursor, str)
    if fullmatch(UUID_PATTERN, str(plan_id)) is None:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
    return str(plan_id)
