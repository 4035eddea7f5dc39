"""Open data for everybody: a month's counts, as JSON and as CSV."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from services.intake.api.doors import Doors, TheDoors
from services.intake.bank_schemas import OpenDataTable
from services.intake.errors import MonthNotOver
from services.intake.operations.exporting import write_open_data
from services.intake.operations.open_data import publish_month
from services.intake.operations.searching import zone_of
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/open-data/complaints", tags=["open data"])

#: A month as its path names it.
MONTH: Final = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
_PROBLEMS: Final = problem_responses(404, 422, 503)
_CACHED: Final = "public, max-age=3600"

Month = Annotated[
    str, Path(pattern=MONTH, description="A month that is over.", examples=["2026-02"])
]


@router.get("/{month}", operation_id="read_open_data", responses=_PROBLEMS)
async def read_open_data(doors: TheDoors, response: Response, month: Month) -> OpenDataTable:
    """Show how many complaints a month brought, by village and OPD.

    Counts below five are suppressed, and so are those from which they could be worked out. Secret
    complaints (Rahasia) and withdrawn ones are not counted. Free to use, also commercially.
    """
    response.headers["Cache-Control"] = _CACHED
    return await _publish(doors, month)


@router.get(
    "/{month}/table.csv",
    operation_id="read_open_data_csv",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "CSV"},
        **_PROBLEMS,
    },
)
async def read_open_data_csv(doors: TheDoors, month: Month) -> Response:
    """Show the same table as CSV."""
    table = await _publish(doors, month)
    return Response(
        write_open_data(table),
        media_type="text/csv; charset=utf-8",
        headers={"Cache-Control": _CACHED},
    )


async def _publish(doors: Doors, month: str) -> OpenDataTable:
    # The table of a month that still grows would tell, beside yesterday's, who came today.
    if month >= f"{doors.units.clock.now().astimezone(zone_of(doors.context)):%Y-%m}":
        raise MonthNotOver
    async with doors.units.database.transaction() as connection:
        return await publish_month(connection, doors.context, month)
