"""The monthly digest of an OPD, as JSON and as a page to print."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from services.intake.api.choosing import code
from services.intake.api.doors import TheDoors
from services.intake.digest_page import draw_digest
from services.intake.digest_schemas import Digest
from services.intake.errors import MonthUnknown, OpdNotYours
from services.intake.operations.digest import make_digest
from services.intake.operations.searching import zone_of
from shared.auth import Principal, Role, require
from shared.parameters import OrAbsent
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/bank/digests", tags=["bank"])

_EVERYWHERE: Final = (Role.TRIAGE, Role.ADMIN, Role.SEKDA, Role.LEADER, Role.AUDITOR)
_MONTH: Final = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
_PROBLEMS: Final = problem_responses(401, 403, 404, 422, 503)
#: A printed page fetches nothing and runs nothing, whatever a citizen wrote.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

Reader = Annotated[Principal, Depends(require(*_EVERYWHERE, Role.OFFICER, Role.HEAD))]
Month = Annotated[str, Path(pattern=_MONTH, description="The month.", examples=["2026-02"])]
Opd = Annotated[
    OrAbsent[str],
    code("The OPD; officers and heads get their own, others all when it is left out.", "DISHUB"),
]


async def digest_of(doors: TheDoors, caller: Reader, month: Month, opd: Opd = None) -> Digest:
    """Make the digest that the caller may read; raises OpdNotYours or MonthUnknown."""
    if not caller.has(*_EVERYWHERE):
        if caller.opd is None or opd not in {None, caller.opd}:
            raise OpdNotYours
        opd = caller.opd
    now = doors.units.clock.now()
    if month > f"{now.astimezone(zone_of(doors.context)):%Y-%m}":
        raise MonthUnknown
    async with doors.units.database.transaction() as connection:
        return await make_digest(connection, doors.context, month, opd, now)


TheDigest = Annotated[Digest, Depends(digest_of)]


@router.get("/{month}", operation_id="read_digest", responses=_PROBLEMS)
async def read_digest(digest: TheDigest) -> Digest:
    """Show what a month brought: topics, hot spots, repeat places, what nobody answered."""
    return digest


@router.get(
    "/{month}/page",
    operation_id="print_digest",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page"},
        **_PROBLEMS,
    },
)
async def print_digest(doors: TheDoors, digest: TheDigest) -> HTMLResponse:
    """Show the same as a page to print."""
    page = draw_digest(digest, zone_of(doors.context))
    return HTMLResponse(
        page, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    )
