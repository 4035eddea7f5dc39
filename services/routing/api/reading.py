"""HTTP in: the lists of cases, and one case with its history."""

from datetime import UTC, datetime, timedelta
from re import fullmatch
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.routing import access, handling_queries, queries
from services.routing.api.doors import Reader, context_of, service_of
from services.routing.context import RoutingContext
from services.routing.errors import CaseNotFound, OpdMissing, OpdNotYours, OpdUnknown
from services.routing.operations.changing import Acting, etag_of
from services.routing.operations.handling import may_see_case
from services.routing.operations.together import legal_for
from services.routing.queries import PageStart, Wanted
from services.routing.schemas import CaseDetail, CasePage, CaseSummary
from services.routing.states import State
from services.routing.views import view_case
from shared.auth import Principal
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses

router = APIRouter(prefix="/routing/v1/cases", tags=["cases"])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@router.get("", operation_id="routing_list_cases", responses=problem_responses(401, 403, 422, 503))
async def list_cases(
    request: Request,
    response: Response,
    caller: Reader,
    opd: Annotated[
        str | None, Query(max_length=100, description="Cases of this OPD.", examples=["DISHUB"])
    ] = None,
    status: Annotated[State | None, Query(description="Cases in this state.")] = None,
    topic: Annotated[str | None, Query(max_length=100, description="Of this topic.")] = None,
    area: Annotated[
        str | None,
        Query(max_length=13, pattern=r"^[0-9.]+$", description="In this district or village."),
    ] = None,
    late: Annotated[bool, Query(description="Only what a clock has run out for.")] = False,
    mine: Annotated[bool, Query(description="Only what the caller has in hand.")] = False,
    service: Annotated[
        str | None, Query(max_length=40, description="Applications of this service alone.")
    ] = None,
    stage: Annotated[
        str | None, Query(max_length=40, description="In this stage of their service.")
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Cases per page.")] = 50,
) -> CasePage:
    """List cases, newest first; officers and heads see their own OPD's."""
    shown = shown_opd(caller, opd, context_of(request))
    start = read_page_start(cursor) if cursor is not None else None
    wanted = Wanted(
        opd=shown,
        state=status,
        topic=topic,
        area=area,
        handler=access.officer_id(caller) if mine else None,
        late=late,
        service=service,
        stage=stage,
    )
    async with service_of(request).units.begin() as unit:
        rows = await queries.list_cases(unit.connection, wanted, start=start, limit=limit + 1)
    items = [CaseSummary.model_validate(dict(row)) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = write_page_start(PageStart(items[-1].submitted_at, items[-1].complaint_id))
        query = [each for each in request.query_params.multi_items() if each[0] != "cursor"]
        target = f"{request.url.path}?{urlencode([*query, ('cursor', following)])}"
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
    async with service_of(request).units.begin() as unit:
        connection = unit.connection
        case = await queries.find_case(connection, str(complaint_id))
        acting = Acting(caller, str(complaint_id))
        if case is None or not await may_see_case(unit, acting, case):
            raise CaseNotFound
        parts = await handling_queries.list_parts(connection, case.complaint_id)
        facts = await queries.list_facts(connection, case.complaint_id)
        members = await queries.list_members(connection, case.complaint_id)
    response.headers["ETag"] = etag_of(case.version)
    return view_case(case, facts, legal_for(caller, case), parts, members)


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


def shown_opd(caller: Principal, wanted: str | None, context: RoutingContext) -> str | None:
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
