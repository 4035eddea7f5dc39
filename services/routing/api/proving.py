"""HTTP in: odd closings, bodies outside the Pemda, and how to answer a case."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from services.routing import access, evidence_queries, queries, referral_queries
from services.routing.api.doors import (
    ACTION_PROBLEMS,
    Door,
    Reader,
    context_of,
    door_for,
    service_of,
)
from services.routing.api.reading import shown_opd
from services.routing.context import RoutingContext
from services.routing.errors import CaseNotFound
from services.routing.evidence_schemas import (
    AnswerGuide,
    Flags,
    FlagView,
    Judgement,
    OutsideAnswer,
    Referrals,
    ReferralView,
    ReferralWish,
)
from services.routing.operations import guiding, referring
from services.routing.operations.changing import Acting
from services.routing.operations.handling import may_see_case
from services.routing.schemas import ActionDone
from services.routing.tables import Case
from services.routing.work_errors import FlagGone, FlagNotFound
from shared.auth import Principal, Role, require
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/routing/v1", tags=["work"])

_MOST_SHOWN = 200

Judge = Annotated[Principal, Depends(require(*access.DESK, Role.AUDITOR))]
OwnDoor = Annotated[Door, door_for(*access.OPD_STAFF)]


@router.get("/flags", operation_id="routing_list_flags", responses=problem_responses(401, 403, 503))
async def list_flags(request: Request, caller: Judge) -> Flags:
    """Show what looks odd about closings and nobody has judged; the 200 oldest."""
    del caller
    async with service_of(request).units.begin() as unit:
        rows = await evidence_queries.list_flags(unit.connection, _MOST_SHOWN)
    return Flags(items=[FlagView.model_validate(dict(row)) for row in rows])


@router.post(
    "/flags/{flag_id}/judge",
    operation_id="routing_judge_flag",
    responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
)
async def judge_flag(request: Request, flag_id: UUID, body: Judgement, caller: Judge) -> FlagView:
    """Say what a flag turned out to be; it is kept with who said so."""
    async with service_of(request).units.begin() as unit:
        flag = await evidence_queries.lock_flag(unit.connection, str(flag_id))
        if flag is None:
            raise FlagNotFound
        if flag["seen_at"] is not None:
            raise FlagGone
        await evidence_queries.see_flag(
            unit.connection, str(flag_id), access.officer_id(caller), unit.now, body.verdict
        )
    return FlagView.model_validate({**flag, "verdict": body.verdict})


@router.post(
    "/cases/{complaint_id}/referrals",
    operation_id="routing_refer_case",
    responses=ACTION_PROBLEMS,
)
async def refer_case(body: ReferralWish, door: OwnDoor) -> ActionDone:
    """Ask a body outside the Pemda; the OPD keeps the case and is reminded of the answer."""
    return await door.do(referring.refer_case, body)


@router.post(
    "/cases/{complaint_id}/referrals/{referral_id}/answer",
    operation_id="routing_answer_referral",
    responses=ACTION_PROBLEMS,
)
async def answer_referral(
    referral_id: Annotated[UUID, Path()], body: OutsideAnswer, door: OwnDoor
) -> ActionDone:
    """Note what the body outside said; the citizen is told."""

    async def answer(
        unit: UnitOfWork, _context: RoutingContext, acting: Acting, wish: OutsideAnswer
    ) -> Case:
        return await referring.receive_outside_answer(unit, acting, str(referral_id), wish)

    return await door.do(answer, body)


@router.get(
    "/referrals",
    operation_id="routing_list_referrals",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_referrals(
    request: Request,
    caller: Reader,
    opd: Annotated[str | None, Query(max_length=100, description="Of this OPD's cases.")] = None,
    due: Annotated[bool, Query(description="Only those to be reminded by now.")] = False,
) -> Referrals:
    """List what bodies outside have not answered yet, the first to remind first; at most 200."""
    shown = shown_opd(caller, opd, context_of(request))
    async with service_of(request).units.begin() as unit:
        rows = await referral_queries.list_referrals(
            unit.connection,
            opd=shown,
            due_before=unit.now if due else None,
            complaint_id=None,
            limit=_MOST_SHOWN,
        )
    return Referrals(items=[ReferralView.model_validate(dict(row)) for row in rows])


@router.get(
    "/cases/{complaint_id}/guide",
    operation_id="routing_guide_answer",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def guide_answer(request: Request, complaint_id: UUID, caller: Reader) -> AnswerGuide:
    """Show how to answer a case: the topic's guide, and what similar citizens were told."""
    acting = Acting(caller, str(complaint_id))
    async with service_of(request).units.begin() as unit:
        case = await queries.find_case(unit.connection, acting.complaint_id)
        if case is None or not await may_see_case(unit, acting, case):
            raise CaseNotFound
        return await guiding.guide_answer(unit, context_of(request), case)
