"""HTTP in: staff look at clocks; nothing can be changed here."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.sla.context import SlaContext
from services.sla.queries import ClockFilter
from services.sla.reading import (
    READERS,
    choose_opd,
    read_case_clocks,
    read_clocks,
    read_place,
    require_stage,
)
from services.sla.schemas import CaseClocks, ClockPage, ListedState
from shared.auth import Principal, require
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.service import Service

router = APIRouter(prefix="/sla/v1", tags=["clocks"])

Reader = Annotated[Principal, Depends(require(*READERS))]


@router.get(
    "/cases/{complaint_id}/clocks",
    operation_id="list_case_clocks",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def list_case_clocks(
    request: Request,
    caller: Reader,
    complaint_id: Annotated[
        str,
        Path(pattern=UUID_PATTERN, examples=["0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11"]),
    ],
) -> CaseClocks:
    """Show every clock of a case: what it runs for, until when, and who was told.

    Officers and heads see cases that their OPD has or had.
    """
    service: Service = request.app.state.service
    async with service.units.begin() as unit:
        clocks = await read_case_clocks(unit.connection, caller, complaint_id, unit.now)
    return CaseClocks(complaint_id=complaint_id, clocks=clocks)


@router.get(
    "/clocks",
    operation_id="list_clocks",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_clocks(
    request: Request,
    response: Response,
    caller: Reader,
    state: Annotated[
        ListedState, Query(description="`overdue` are the running ones whose time is used up.")
    ] = "running",
    stage: Annotated[
        str | None,
        Query(max_length=64, description="Clocks of this stage.", examples=["first_response"]),
    ] = None,
    opd: Annotated[
        str | None, Query(max_length=64, description="Clocks of this OPD.", examples=["PUPR"])
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Clocks per page.")] = 50,
) -> ClockPage:
    """List clocks, the one due first at the head. Officers and heads see those of their OPD.

    A `Link` header with `rel="next"` leads to the next page.
    """
    service: Service = request.app.state.service
    context: SlaContext = request.app.state.context
    require_stage(stage, context)
    of_opd = choose_opd(caller, opd, context)
    after = read_place(cursor)
    async with service.units.begin() as unit:
        wanted = ClockFilter(state=state, now=unit.now, stage=stage, opd=of_opd, after=after)
        page = await read_clocks(unit.connection, wanted, limit)
    if page.next is not None:
        asked = {"state": state, "stage": stage, "opd": opd, "cursor": page.next, "limit": limit}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return page
