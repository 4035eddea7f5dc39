"""HTTP in: the officers' lists and cases, and what they and the triage desk do with them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from re import fullmatch
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel

from services.routing import access, queries
from services.routing.access import READERS, ROLES
from services.routing.context import RoutingContext
from services.routing.errors import CaseNotFound, OpdMissing, OpdNotYours, OpdUnknown
from services.routing.operations import desk, officers
from services.routing.operations.changing import Acting, etag_of
from services.routing.queries import PageStart
from services.routing.schemas import (
    ActionDone,
    Answer,
    Assignment,
    CaseDetail,
    CasePage,
    CaseSummary,
    Closing,
    Question,
    Reconsideration,
    Rejection,
    Resolution,
    Return,
)
from services.routing.states import Action, State, legal_actions
from services.routing.tables import Case
from services.routing.views import view_case, view_done
from shared.auth import Principal, require
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.service import Service
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/routing/v1/cases", tags=["cases"])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)

Reader = Annotated[Principal, Depends(require(*READERS))]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of the case as the caller saw it; else 412 if it has changed.",
        examples=['"3"'],
    ),
]


Work = Callable[[UnitOfWork, RoutingContext, Acting, Any], Awaitable[Case]]


@dataclass(frozen=True, slots=True)
class Door:
    """What all actions have in common: who acts on which case, and how often it was sent."""

    request: Request
    response: Response
    acting: Acting
    key: str | None

    async def do(self, operation: Work, body: BaseModel) -> ActionDone:
        """Let the operation take effect, once per Idempotency-Key; its commit comes first."""
        acting, context = self.acting, _context(self.request)

        async def work(unit: UnitOfWork) -> dict[str, Any]:
            case = await operation(unit, context, acting, body)
            return view_done(case, _legal(acting.caller, case))

        scope = f"{acting.caller.subject} {self.request.url.path}"
        request = body.model_dump_json().encode()
        answer = await once(_service(self.request).units, scope, self.key, request, work)
        done = ActionDone.model_validate(answer)
        self.response.headers["ETag"] = etag_of(done.version)
        return done


def _door(action: Action) -> Any:
    async def open_door(
        request: Request,
        response: Response,
        complaint_id: UUID,
        caller: Annotated[Principal, Depends(require(*ROLES[action]))],
        key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Door:
        acting = Acting(caller, str(complaint_id), _etags(if_match))
        return Door(request, response, acting, key)

    return Depends(open_door)


@router.get("", operation_id="routing_list_cases", responses=problem_responses(401, 403, 422, 503))
async def list_cases(
    request: Request,
    response: Response,
    caller: Reader,
    opd: Annotated[
        str | None, Query(max_length=100, description="Cases of this OPD.", examples=["DISHUB"])
    ] = None,
    status: Annotated[State | None, Query(description="Cases in this state.")] = None,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Cases per page.")] = 50,
) -> CasePage:
    """List cases, newest first; officers and heads see their own OPD's."""
    shown = _shown_opd(caller, opd, _context(request))
    start = read_page_start(cursor) if cursor is not None else None
    async with _service(request).units.begin() as unit:
        rows = await queries.list_cases(
            unit.connection, opd=shown, state=status, start=start, limit=limit + 1
        )
    items = [CaseSummary.model_validate(dict(row)) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = write_page_start(PageStart(items[-1].submitted_at, items[-1].complaint_id))
        wanted = {"opd": opd, "status": status and status.value, "limit": limit}
        query = {name: value for name, value in wanted.items() if value is not None}
        target = f"{request.url.path}?{urlencode({**query, 'cursor': following})}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return CasePage(items=items, next=following)


@router.get(
    "/{complaint_id}",
    operation_id="routing_get_case",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def get_case(
    request: Request, response: Response, complaint_id: UUID, caller: Reader
) -> CaseDetail:
    """Show a case with its history and what the caller may do now; its version is the ETag."""
    async with _service(request).units.begin() as unit:
        case = await queries.find_case(unit.connection, str(complaint_id))
        if case is None or not access.may_see(caller, case.opd):
            raise CaseNotFound
        facts = await queries.list_facts(unit.connection, case.complaint_id)
    response.headers["ETag"] = etag_of(case.version)
    return view_case(case, facts, _legal(caller, case))


@router.post("/{complaint_id}/assign", operation_id="routing_assign_case", responses=_PROBLEMS)
async def assign_case(body: Assignment, door: Annotated[Door, _door(Action.ASSIGN)]) -> ActionDone:
    """Give the case to an OPD, or transfer it to another."""
    return await door.do(desk.assign_case, body)


@router.post("/{complaint_id}/return", operation_id="routing_return_case", responses=_PROBLEMS)
async def return_case(body: Return, door: Annotated[Door, _door(Action.RETURN)]) -> ActionDone:
    """Give the case back to the triage desk."""
    return await door.do(officers.return_case, body)


@router.post("/{complaint_id}/respond", operation_id="routing_respond", responses=_PROBLEMS)
async def respond(body: Answer, door: Annotated[Door, _door(Action.RESPOND)]) -> ActionDone:
    """Answer the citizen."""
    return await door.do(officers.respond_to_citizen, body)


@router.post(
    "/{complaint_id}/progress", operation_id="routing_report_progress", responses=_PROBLEMS
)
async def report_progress(
    body: Answer, door: Annotated[Door, _door(Action.PROGRESS)]
) -> ActionDone:
    """Tell the citizen how the work goes."""
    return await door.do(officers.report_progress, body)


@router.post(
    "/{complaint_id}/request-information",
    operation_id="routing_request_information",
    responses=_PROBLEMS,
)
async def request_information(
    body: Question, door: Annotated[Door, _door(Action.REQUEST_INFORMATION)]
) -> ActionDone:
    """Ask the citizen something; the work waits for the answer."""
    return await door.do(officers.request_information, body)


@router.post("/{complaint_id}/resolve", operation_id="routing_resolve_case", responses=_PROBLEMS)
async def resolve_case(
    body: Resolution, door: Annotated[Door, _door(Action.RESOLVE)]
) -> ActionDone:
    """Say that the matter is done; the citizen may confirm or object."""
    return await door.do(officers.resolve_case, body)


@router.post("/{complaint_id}/reject", operation_id="routing_reject_case", responses=_PROBLEMS)
async def reject_case(body: Rejection, door: Annotated[Door, _door(Action.REJECT)]) -> ActionDone:
    """Do not take the case up, and tell the citizen why."""
    return await door.do(desk.reject_case, body)


@router.post("/{complaint_id}/close", operation_id="routing_close_case", responses=_PROBLEMS)
async def close_case(
    door: Annotated[Door, _door(Action.CLOSE)], body: Closing | None = None
) -> ActionDone:
    """Close a resolved case without waiting for the citizen."""
    return await door.do(desk.close_case, body or Closing())


@router.post(
    "/{complaint_id}/reconsider", operation_id="routing_reconsider_case", responses=_PROBLEMS
)
async def reconsider_case(
    body: Reconsideration, door: Annotated[Door, _door(Action.RECONSIDER)]
) -> ActionDone:
    """Take a rejected case back to the triage desk."""
    return await door.do(desk.reconsider_case, body)


def read_page_start(cursor: str) -> PageStart:
    """Return where a list goes on; raises Invalid for a cursor that this API did not write."""
    microseconds, complaint_id = read_cursor(cursor, int, str)
    if fullmatch(UUID_PATTERN, str(complaint_id)) is None:
        raise _unknown_cursor()
    try:
        submitted_at = _EPOCH + timedelta(microseconds=int(microseconds))
    except OverflowError as error:
        raise _unknown_cursor() from error
    return PageStart(submitted_at, str(complaint_id))


def write_page_start(start: PageStart) -> str:
    """Return the cursor of the page that begins below this row."""
    microseconds = (start.submitted_at - _EPOCH) // timedelta(microseconds=1)
    return write_cursor(microseconds, start.complaint_id)


def _unknown_cursor() -> Invalid:
    return Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")


def _shown_opd(caller: Principal, wanted: str | None, context: RoutingContext) -> str | None:
    """Return the OPD to filter by, None for all; refuses what the caller may not see."""
    if access.sees_every_opd(caller):
        if wanted is not None and wanted not in context.opd_names:
            raise OpdUnknown("opd")
        return wanted
    if caller.opd is None:
        raise OpdMissing
    if wanted not in (None, caller.opd):
        raise OpdNotYours
    return caller.opd


def _legal(caller: Principal, case: Case) -> list[Action]:
    return access.actions_of(caller, case.opd, legal_actions(State(case.state)))


def _etags(if_match: str | None) -> frozenset[str] | None:
    """Return the ETags that the case may have, None for any; a weak one never matches."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(tag.strip() for tag in if_match.split(","))


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _context(request: Request) -> RoutingContext:
    context: RoutingContext = request.app.state.context
    return context
