"""HTTP in: staff look at what they were told, and say that they saw it."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.sla.context import SlaContext
from services.sla.notice_lookups import NoticeFilter
from services.sla.notice_reading import (
    ADDRESSED,
    mark_notice_seen,
    read_notices,
    read_place,
    roles_seen_by,
)
from services.sla.notice_schemas import NoticePage, NoticeSeen
from services.sla.reading import READERS, choose_opd
from shared.auth import Principal, require
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.service import Service

router = APIRouter(prefix="/sla/v1", tags=["notices"])

Reader = Annotated[Principal, Depends(require(*READERS))]
Addressed = Annotated[Principal, Depends(require(*ADDRESSED))]


@router.get(
    "/notices",
    operation_id="list_notices",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_notices(
    request: Request,
    response: Response,
    caller: Reader,
    opd: Annotated[
        str | None, Query(max_length=64, description="Notices of this OPD.", examples=["PUPR"])
    ] = None,
    unseen: Annotated[bool, Query(description="Only those that nobody has seen yet.")] = False,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Notices per page.")] = 50,
) -> NoticePage:
    """List what staff were told, and what waits to be told, the newest first.

    Officers see what the officers of their OPD are told, heads that of their OPD; triage, sekda,
    leader, auditor and admin see all. A `Link` header with `rel="next"` leads to the next page.
    """
    service: Service = request.app.state.service
    context: SlaContext = request.app.state.context
    wanted = NoticeFilter(
        opd=choose_opd(caller, opd, context),
        roles=roles_seen_by(caller),
        unseen=unseen,
        after=read_place(cursor),
    )
    async with service.units.begin() as unit:
        page = await read_notices(unit.connection, wanted, limit)
    if page.next is not None:
        asked = {"opd": opd, "unseen": unseen or None, "cursor": page.next, "limit": limit}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return page


@router.post(
    "/notices/{notice_id}/seen",
    operation_id="mark_notice_seen",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def see_notice(
    request: Request,
    caller: Addressed,
    notice_id: Annotated[
        str,
        Path(pattern=UUID_PATTERN, examples=["7b1c6d1e-4b53-5d4e-9a44-0f2f0b1f5a10"]),
    ],
) -> NoticeSeen:
    """Say that a notice was seen; again makes no difference. What was not sent yet is not sent.

    Only the role that a notice is for may say so.
    """
    service: Service = request.app.state.service
    async with service.units.begin() as unit:
        seen_at = await mark_notice_seen(unit, caller, notice_id)
    return NoticeSeen(id=notice_id, seen_at=seen_at)
