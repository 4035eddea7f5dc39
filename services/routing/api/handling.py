"""HTTP in: the work itself: counts, claims, colleagues, notes, contributions of other OPDs."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from services.routing import access, handling_queries, queries
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
from services.routing.handling_schemas import (
    Claim,
    Contribution,
    Contributions,
    ContributionView,
    ContributionWish,
    HandOver,
    InboxCounts,
    Notes,
    NoteView,
    NoteWish,
)
from services.routing.operations import contributing, handling
from services.routing.operations.changing import Acting
from services.routing.schemas import ActionDone, Return
from services.routing.tables import Case
from shared.auth import Principal, require
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/routing/v1", tags=["work"])

_MOST_SHOWN = 200

OwnDoor = Annotated[Door, door_for(*access.OPD_STAFF)]
WorkDoor = Annotated[Door, door_for(*access.DESK, *access.OPD_STAFF)]
Worker = Annotated[Principal, Depends(require(*access.DESK, *access.OPD_STAFF))]
PartNumber = Annotated[int, Path(ge=1, le=9, description="The part's number.")]


@router.get(
    "/inbox", operation_id="routing_count_inbox", responses=problem_responses(401, 403, 422, 503)
)
async def count_inbox(
    request: Request,
    caller: Reader,
    opd: Annotated[str | None, Query(max_length=100, description="Of this OPD alone.")] = None,
) -> InboxCounts:
    """Count the open work of the caller's OPD; the desk and watchers see everybody's."""
    shown = shown_opd(caller, opd, context_of(request))
    async with service_of(request).units.begin() as unit:
        counts = await handling_queries.count_inbox(
            unit.connection, shown, access.officer_id(caller)
        )
    return InboxCounts.model_validate(counts)


@router.post(
    "/cases/{complaint_id}/claim", operation_id="routing_claim_case", responses=ACTION_PROBLEMS
)
async def claim_case(door: OwnDoor, body: Claim | None = None) -> ActionDone:
    """Take a case of one's own OPD in hand."""
    return await door.do(handling.claim_case, body or Claim())


@router.post(
    "/cases/{complaint_id}/hand-over",
    operation_id="routing_hand_over_case",
    responses=ACTION_PROBLEMS,
)
async def hand_over(body: HandOver, door: OwnDoor) -> ActionDone:
    """Give a case to a colleague of the same OPD."""
    return await door.do(handling.hand_over, body)


@router.post(
    "/cases/{complaint_id}/notes",
    operation_id="routing_write_note",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
)
async def write_note(
    request: Request,
    complaint_id: UUID,
    body: NoteWish,
    caller: Worker,
    key: IdempotencyKey = None,
) -> NoteView:
    """Write a note for colleagues; no citizen and no other service ever sees it."""
    acting = Acting(caller, str(complaint_id))

    async def work(unit: UnitOfWork) -> dict[str, object]:
        note = await handling.write_note(unit, acting, body)
        return NoteView.model_validate(note.model_dump()).model_dump(mode="json")

    scope = f"{caller.subject} {request.url.path}"
    answer = await once(
        service_of(request).units, scope, key, body.model_dump_json().encode(), work
    )
    return NoteView.model_validate(answer)


@router.get(
    "/cases/{complaint_id}/notes",
    operation_id="routing_list_notes",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def list_notes(request: Request, complaint_id: UUID, caller: Worker) -> Notes:
    """Show the notes on a case, the oldest first; the first 200."""
    acting = Acting(caller, str(complaint_id))
    async with service_of(request).units.begin() as unit:
        case = await queries.find_case(unit.connection, acting.complaint_id)
        if case is None or not await handling.may_see_case(unit, acting, case):
            raise CaseNotFound
        rows = await handling_queries.list_notes(unit.connection, case.complaint_id, _MOST_SHOWN)
    return Notes(items=[NoteView.model_validate(dict(row)) for row in rows])


@router.get(
    "/contributions",
    operation_id="routing_list_contributions",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_contributions(
    request: Request,
    caller: Reader,
    opd: Annotated[str | None, Query(max_length=100, description="Asked of this OPD.")] = None,
    state: Annotated[
        Literal["asked", "done", "returned"] | None, Query(description="In this state.")
    ] = None,
) -> Contributions:
    """List what the caller's OPD was asked to contribute, the newest first; at most 200."""
    shown = shown_opd(caller, opd, context_of(request))
    async with service_of(request).units.begin() as unit:
        rows = await handling_queries.list_contributions(
            unit.connection, opd=shown, state=state, limit=_MOST_SHOWN
        )
    return Contributions(items=[ContributionView.model_validate(dict(row)) for row in rows])


@router.post(
    "/cases/{complaint_id}/contributions",
    operation_id="routing_request_contribution",
    responses=ACTION_PROBLEMS,
)
async def request_contribution(body: ContributionWish, door: WorkDoor) -> ActionDone:
    """Ask a further OPD for its part of the case."""
    return await door.do(contributing.request_contribution, body)


@router.post(
    "/cases/{complaint_id}/contributions/{part}/done",
    operation_id="routing_finish_contribution",
    responses=ACTION_PROBLEMS,
)
async def finish_contribution(part: PartNumber, body: Contribution, door: OwnDoor) -> ActionDone:
    """Say that the caller's OPD did its part."""

    async def finish(
        unit: UnitOfWork, _context: RoutingContext, acting: Acting, wish: Contribution
    ) -> Case:
        return await contributing.finish_contribution(unit, acting, part, wish)

    return await door.do(finish, body)


@router.post(
    "/cases/{complaint_id}/contributions/{part}/return",
    operation_id="routing_return_contribution",
    responses=ACTION_PROBLEMS,
)
async def return_contribution(part: PartNumber, body: Return, door: OwnDoor) -> ActionDone:
    """Say that the part is not the caller's OPD's; the leading OPD may ask another."""

    async def give_back(
        unit: UnitOfWork, _context: RoutingContext, acting: Acting, wish: Return
    ) -> Case:
        return await contributing.return_contribution(unit, acting, part, wish)

    return await door.do(give_back, body)
