"""QR sheets to print, and what came by them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from services.intake.api.doors import TheDoors
from services.intake.operations import posters
from services.intake.poster_schemas import PosterCounts
from shared.auth import Principal, Role, require
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/posters", tags=["posters"])

Reader = Annotated[
    Principal,
    Depends(require(Role.OPERATOR, Role.TRIAGE, Role.HEAD, Role.SEKDA, Role.LEADER, Role.ADMIN)),
]
# Nothing in a sheet is loaded or run: it is words, a style and a drawing.
_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@router.get(
    "",
    operation_id="count_posters",
    response_model=PosterCounts,
    responses=problem_responses(401, 403, 503),
)
async def count_posters(doors: TheDoors, caller: Reader) -> PosterCounts:
    """List the QR sheets and how many complaints came by each."""
    del caller
    async with doors.units.begin() as unit:
        return await posters.count_posters(unit, doors.context)


@router.get(
    "/{poster_code}.html",
    operation_id="print_poster",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A4 page"},
        **problem_responses(404, 422, 503),
    },
)
async def print_poster(
    doors: TheDoors,
    poster_code: Annotated[
        str,
        Path(max_length=32, description="As posters.yaml names it.", examples=["pasar-induk"]),
    ],
) -> HTMLResponse:
    """Show a sheet to print: its QR code opens the Pemda's form and says where it hangs."""
    return HTMLResponse(posters.draw_sheet(doors.context, poster_code), headers=_POLICY)
