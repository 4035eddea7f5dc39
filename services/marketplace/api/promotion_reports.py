"""The monthly report of promotion: as JSON, as CSV, and as a page to print."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, Response

from services.marketplace.api.doors import TheDoors, Watcher
from services.marketplace.operations.reporting import make_report, write_csv
from services.marketplace.report_page import draw_report
from services.marketplace.report_schemas import PromotionReport
from shared.problems import problem_responses

router = APIRouter(prefix="/marketplace/v1/staff/promotion-reports", tags=["promotion"])

_PROBLEMS: Final = problem_responses(401, 403, 404, 422, 503)
#: A printed page fetches nothing and runs nothing.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

Month = Annotated[
    str,
    Path(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="The month.", examples=["2026-03"]),
]


async def report_of(doors: TheDoors, _caller: Watcher, month: Month) -> PromotionReport:
    """Make the report of a month."""
    now = doors.units.clock.now()
    async with doors.units.database.transaction() as connection:
        return await make_report(connection, doors.context, month, now)


TheReport = Annotated[PromotionReport, Depends(report_of)]


@router.get("/{month}", operation_id="marketplace_read_report", responses=_PROBLEMS)
async def read_report(report: TheReport) -> PromotionReport:
    """Show what a month brought, and whether slots were fairly spread."""
    return report


@router.get(
    "/{month}/csv",
    operation_id="marketplace_export_report",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A row each"},
        **_PROBLEMS,
    },
)
async def export_report(report: TheReport) -> Response:
    """Give the promotions of a month as CSV."""
    name = f'attachment; filename="promosi-{report.month}.csv"'
    return Response(
        write_csv(report),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": name, "Cache-Control": "no-store"},
    )


@router.get(
    "/{month}/page",
    operation_id="marketplace_print_report",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page"},
        **_PROBLEMS,
    },
)
async def print_report(report: TheReport) -> HTMLResponse:
    """Show the same as a page to print."""
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(draw_report(report), headers=headers)
