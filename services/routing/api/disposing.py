"""HTTP in: dispositions down a chain: given, passed on, answered, and what is still open."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from services.routing import access, disposition_queries, queries
from services.routing.api.doors import Reader, context_of, service_of
from services.routing.api.reading import shown_opd
from services.routing.disposition_schemas import (
    DispositionAnswer,
    DispositionTree,
    DispositionView,
    DispositionWish,
    OpenDispositions,
)
from services.routing.disposition_views import view_disposition, view_open, view_tree
from services.routing.errors import CaseNotFound
from services.routing.operations import disposing
from services.routing.operations.changing import Acting
from services.routing.operations.handling import may_see_case
from shared.auth import Principal, require
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

Work = Callable[[UnitOfWork], Awaitable[dict[str, Any]]]

router = APIRouter(prefix="/routing/v1", tags=["dispositions"])

_MOST_SHOWN = 200
_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)

Staff = Annotated[Principal, Depends(require(*access.OPD_STAFF))]
PartNumber = Annotated[int, Path(ge=1, le=999, description="The disposition's number.")]


@router.get(
    "/dispositions",
    operation_id="routing_list_dispositions",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_dispositions(
    request: Request,
    caller: Reader,
    opd: Annotated[str | None, Query(max_length=100, description="Of this OPD.")] = None,
    state: Annotated[
        Literal["open", "late"], Query(description="All that is open, or what is late.")
    ] = "open",
    mine: Annotated[bool, Query(description="Only what was given to the caller.")] = False,
) -> OpenDispositions:
    """List dispositions that wait for an answer, the one due first at the head; at most 200."""
    shown = shown_opd(caller, opd, context_of(request))
    async with service_of(request).units.begin() as unit:
        rows = await disposition_queries.list_open(
            unit.connection,
            opd=shown,
            officer=access.officer_id(caller) if mine else None,
            late_at=unit.now if state == "late" else None,
            limit=_MOST_SHOWN,
        )
    return OpenDispositions(items=[view_open(row, unit.now) for row in rows])


@router.get(
    "/cases/{complaint_id}/dispositions",
    operation_id="routing_get_dispositions",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def get_dispositions(request: Request, complaint_id: UUID, caller: Reader) -> DispositionTree:
    """Show the dispositions of a case as a tree: each followed by those below it."""
    acting = Acting(caller, str(complaint_id))
    async with service_of(request).units.begin() as unit:
        case = await queries.find_case(unit.connection, acting.complaint_id)
        if case is None or not await may_see_case(unit, acting, case):
            raise CaseNotFound
        known = await disposition_queries.list_dispositions(unit.connection, case.complaint_id)
    return view_tree(known, unit.now)


@router.post(
    "/cases/{complaint_id}/dispositions",
    operation_id="routing_give_disposition",
    status_code=201,
    responses=_PROBLEMS,
)
async def give_disposition(
    request: Request,
    complaint_id: UUID,
    body: DispositionWish,
    caller: Staff,
    key: IdempotencyKey = None,
) -> DispositionView:
    """Give work to an officer or a position of the OPD that has the case."""
    acting = Acting(caller, str(complaint_id))
    context = context_of(request)

    async def work(unit: UnitOfWork) -> dict[str, object]:
        given = await disposing.give_disposition(unit, context, acting, body)
        return view_disposition(given, unit.now).model_dump(mode="json")

    return await _once(request, caller, key, body.model_dump_json(), work)


@router.post(
    "/cases/{complaint_id}/dispositions/{part}/pass-on",
    operation_id="routing_pass_disposition_on",
    status_code=201,
    responses=_PROBLEMS,
)
async def pass_disposition_on(
    request: Request,
    complaint_id: UUID,
    part: PartNumber,
    body: DispositionWish,
    caller: Staff,
    key: IdempotencyKey = None,
) -> DispositionView:
    """Pass a disposition on to somebody further down the chain."""
    acting = Acting(caller, str(complaint_id))
    context = context_of(request)

    async def work(unit: UnitOfWork) -> dict[str, object]:
        given = await disposing.pass_on(unit, context, acting, part, body)
        return view_disposition(given, unit.now).model_dump(mode="json")

    return await _once(request, caller, key, body.model_dump_json(), work)


@router.post(
    "/cases/{complaint_id}/dispositions/{part}/answer",
    operation_id="routing_answer_disposition",
    responses=_PROBLEMS,
)
async def answer_disposition(
    request: Request,
    complaint_id: UUID,
    part: PartNumber,
    body: DispositionAnswer,
    caller: Staff,
    key: IdempotencyKey = None,
) -> DispositionView:
    """Say what was done; whoever gave it reads the answer on the case."""
    acting = Acting(caller, str(complaint_id))
    context = context_of(request)

    async def work(unit: UnitOfWork) -> dict[str, object]:
        given = await disposing.answer_disposition(unit, context, acting, part, body)
        return view_disposition(given, unit.now).model_dump(mode="json")

    return await _once(request, caller, key, body.model_dump_json(), work)


async def _once(
    request: Request, caller: Principal, key: str | None, body: str, work: Work
) -> DispositionView:
    scope = f"{caller.subject} {request.url.path}"
    answer = await once(service_of(request).units, scope, key, body.encode(), work)
    return DispositionView.model_validate(answer)
