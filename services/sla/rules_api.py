"""HTTP in: why a deadline is what it is, what lets it stand still, which policies are applied."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from services.sla import adjustment_queries, disruption_queries
from services.sla.context import SlaContext
from services.sla.errors import AdjustmentNotFound
from services.sla.operations import adjusting, standing
from services.sla.reading import READERS, require_visible
from services.sla.reading_rules import read_explanation, view_adjustment, view_preview
from services.sla.rule_schemas import (
    AdjustmentView,
    ApplyWish,
    CaseExplanation,
    ExtensionView,
    ExtensionWish,
    PauseDecision,
    Pauses,
    PauseView,
    PauseWish,
    PolicyPreview,
    PreviewWish,
)
from shared.auth import Principal, Role, require
from shared.idempotency import IdempotencyKey, once
from shared.parameters import OrAbsent
from shared.problems import problem_responses
from shared.service import Service
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/sla/v1", tags=["rules"])

Reader = Annotated[Principal, Depends(require(*READERS))]
OpdStaff = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD))]
Head = Annotated[Principal, Depends(require(Role.HEAD))]
Admin = Annotated[Principal, Depends(require(Role.ADMIN))]

_READING = problem_responses(401, 403, 404, 422, 503)
_ACTING = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)
_SAMPLES = 20


@router.get(
    "/cases/{complaint_id}/explanation", operation_id="explain_case_clocks", responses=_READING
)
async def explain_case_clocks(
    request: Request,
    caller: Reader,
    complaint_id: UUID,
    clock_id: Annotated[OrAbsent[UUID], Query(description="Of this clock alone.")] = None,
) -> CaseExplanation:
    """Explain the deadlines of a case, or of one clock: starts, pauses, holidays, transfers.

    It is worked out anew from all that is known of the case, as data and as Indonesian sentences.
    """
    service, context = _service(request), _context(request)
    async with service.units.begin() as unit:
        await require_visible(unit.connection, caller, str(complaint_id))
        return await read_explanation(
            unit, context, str(complaint_id), str(clock_id) if clock_id else None
        )


@router.get("/cases/{complaint_id}/pauses", operation_id="list_case_pauses", responses=_READING)
async def list_case_pauses(request: Request, caller: Reader, complaint_id: UUID) -> Pauses:
    """List the standstills for force majeure that were asked for in a case."""
    async with _service(request).units.begin() as unit:
        await require_visible(unit.connection, caller, str(complaint_id))
        rows = await disruption_queries.list_disruptions(unit.connection, str(complaint_id))
    return Pauses(items=[PauseView.model_validate(row.model_dump()) for row in rows])


@router.post(
    "/cases/{complaint_id}/pauses",
    operation_id="ask_case_pause",
    status_code=201,
    responses=_ACTING,
)
async def ask_case_pause(
    request: Request,
    caller: OpdStaff,
    complaint_id: UUID,
    body: PauseWish,
    key: IdempotencyKey = None,
) -> PauseView:
    """Ask the head of one's OPD to let the resolution stand still for force majeure.

    Nothing stands still until the head approves.
    """

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        row = await standing.ask_disruption(
            unit, _context(request), caller, str(complaint_id), body
        )
        return _shown(PauseView, row)

    return PauseView.model_validate(await _once(request, caller, key, body, work))


@router.post(
    "/cases/{complaint_id}/pauses/{pause_id}/decision",
    operation_id="decide_case_pause",
    responses=_ACTING,
)
async def decide_case_pause(
    request: Request,
    caller: Head,
    complaint_id: UUID,
    pause_id: UUID,
    body: PauseDecision,
    key: IdempotencyKey = None,
) -> PauseView:
    """Approve or refuse a standstill, as head of the OPD that has the case; not one's own.

    Approved, the resolution stands still from now on, for as long as its policy allows.
    """

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        row = await standing.decide_disruption(
            unit, _context(request), caller, str(complaint_id), str(pause_id), body
        )
        return _shown(PauseView, row)

    return PauseView.model_validate(await _once(request, caller, key, body, work))


@router.post(
    "/cases/{complaint_id}/pauses/{pause_id}/end",
    operation_id="end_case_pause",
    responses=_ACTING,
)
async def end_case_pause(
    request: Request,
    caller: OpdStaff,
    complaint_id: UUID,
    pause_id: UUID,
    key: IdempotencyKey = None,
) -> PauseView:
    """Let the resolution run on."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        row = await standing.end_disruption(
            unit, _context(request), caller, str(complaint_id), str(pause_id)
        )
        return _shown(PauseView, row)

    return PauseView.model_validate(await _once(request, caller, key, None, work))


@router.post(
    "/cases/{complaint_id}/extensions",
    operation_id="extend_case_resolution",
    status_code=201,
    responses=_ACTING,
)
async def extend_case_resolution(
    request: Request,
    caller: OpdStaff,
    complaint_id: UUID,
    body: ExtensionWish,
    key: IdempotencyKey = None,
) -> ExtensionView:
    """Extend the resolution's time once, where its policy says so, with a written reason.

    For a formal request for public information by 7 working days (UU 14/2008).
    """

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        row = await standing.extend_time(unit, _context(request), caller, str(complaint_id), body)
        return _shown(ExtensionView, row)

    return ExtensionView.model_validate(await _once(request, caller, key, body, work))


@router.post(
    "/policies/preview",
    operation_id="preview_policies",
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def preview_policies(
    request: Request, caller: Admin, body: PreviewWish | None = None
) -> PolicyPreview:
    """Show which running clocks the loaded profile would move; nothing is changed.

    Clocks keep the policy that they started with until it is applied.
    """
    del caller
    wish, context = body or PreviewWish(), _context(request)
    preview = await adjusting.preview_moves(
        _service(request).units,
        context.policies,
        most_cases=wish.most_cases,
        most_samples=wish.samples,
    )
    return view_preview(preview, context.profile_version)


@router.post(
    "/policies/apply",
    operation_id="apply_policies",
    status_code=202,
    responses=problem_responses(400, 401, 403, 409, 413, 422, 503),
)
async def apply_policies(
    request: Request,
    response: Response,
    caller: Admin,
    body: ApplyWish,
    key: IdempotencyKey = None,
) -> AdjustmentView:
    """Let running clocks go by the loaded profile, each as if it started on it.

    It is done in batches; `Location` tells how far it is. Who asked, why, and each deadline before
    and after are kept.
    """

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        row = await adjusting.ask_adjustment(
            unit, _context(request), "policies", reason=body.reason, asked_by=caller.subject
        )
        return _shown(AdjustmentView, row)

    view = AdjustmentView.model_validate(await _once(request, caller, key, body, work))
    response.headers["Location"] = f"/sla/v1/policies/adjustments/{view.adjustment_id}"
    return view


@router.get(
    "/policies/adjustments/{adjustment_id}", operation_id="get_adjustment", responses=_READING
)
async def get_adjustment(request: Request, caller: Admin, adjustment_id: UUID) -> AdjustmentView:
    """Show how far an adjustment is, and some of the clocks that it moved."""
    del caller
    async with _service(request).units.begin() as unit:
        row = await adjustment_queries.find_adjustment(unit.connection, str(adjustment_id))
        if row is None:
            raise AdjustmentNotFound
        return view_adjustment(
            row,
            await adjustment_queries.count_adjusted(unit.connection, row.adjustment_id),
            await adjustment_queries.list_adjusted(unit.connection, row.adjustment_id, _SAMPLES),
        )


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _context(request: Request) -> SlaContext:
    context: SlaContext = request.app.state.context
    return context


def _shown(view: type[BaseModel], row: BaseModel) -> dict[str, Any]:
    return view.model_validate(row.model_dump()).model_dump(mode="json")


async def _once(
    request: Request, caller: Principal, key: str | None, body: BaseModel | None, work: Any
) -> dict[str, Any]:
    """Let the work take effect once per Idempotency-Key of this caller and path."""
    scope = f"{caller.subject} {request.url.path}"
    sent = body.model_dump_json().encode() if body is not None else b""
    return await once(_service(request).units, scope, key, sent, work)
