"""HTTP in: reports for staff, as data, tables and pages; a head sees those of their own OPD."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from services.survey import access, queries
from services.survey.api.doors import PeriodCode, Reader, TheDoors, UnitCode
from services.survey.form_page import POLICY
from services.survey.operations.links import known_span
from services.survey.operations.reporting import (
    read_index,
    read_progress,
    report_pemda,
    report_units,
)
from services.survey.report_files import pemda_csv, pemda_workbook, unit_csv, unit_workbook
from services.survey.report_page import draw_pemda, draw_unit
from services.survey.report_schemas import (
    CommentPage,
    CommentShown,
    IndexNow,
    PemdaReports,
    SampleProgresses,
    UnitReport,
)
from shared.auth import Principal
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid
from shared.problems import problem_responses

router = APIRouter(prefix="/survey/v1", tags=["reports"])

_PROBLEMS = problem_responses(401, 403, 404, 422, 503)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV = "text/csv"


def _file(media: str, what: str) -> dict[str, Any]:
    """Return how a file is told of in the document."""
    schema = {"type": "string"} if media != _XLSX else {"type": "string", "format": "binary"}
    return {
        "response_class": Response,
        "responses": {
            200: {"content": {media: {"schema": schema}}, "description": what},
            **_PROBLEMS,
        },
    }


@router.get("/reports/{period}", operation_id="survey_report_all", responses=_PROBLEMS)
async def report_all(doors: TheDoors, caller: Reader, period: PeriodCode) -> PemdaReports:
    """Report on the Pemda and on each unit, for a period or a year; a head needs `/units` below."""
    return await _all(doors, caller, period)


@router.get(
    "/reports/{period}/all.csv", operation_id="survey_report_all_csv", **_file(_CSV, "A row a unit")
)
async def report_all_csv(doors: TheDoors, caller: Reader, period: PeriodCode) -> Response:
    """Give the indexes and the nine elements of all units as CSV."""
    reports = await _all(doors, caller, period)
    return _download(pemda_csv(reports), _CSV, f"ikm-{period}.csv")


@router.get(
    "/reports/{period}/all.xlsx", operation_id="survey_report_all_xlsx", **_file(_XLSX, "Workbook")
)
async def report_all_xlsx(doors: TheDoors, caller: Reader, period: PeriodCode) -> Response:
    """Give the indexes and the nine elements of all units as a workbook."""
    reports = await _all(doors, caller, period)
    content = await asyncio.to_thread(pemda_workbook, reports)
    return _download(content, _XLSX, f"ikm-{period}.xlsx")


@router.get(
    "/reports/{period}/all.html",
    operation_id="survey_report_all_html",
    **_file("text/html", "A page to print"),
)
async def report_all_html(doors: TheDoors, caller: Reader, period: PeriodCode) -> HTMLResponse:
    """Show the Pemda's index and those of all units as a page to print."""
    reports = await _all(doors, caller, period)
    return HTMLResponse(draw_pemda(reports.whole, doors.context.profile.place), headers=POLICY)


@router.get(
    "/reports/{period}/units/{unit}", operation_id="survey_report_unit", responses=_PROBLEMS
)
async def report_unit(
    doors: TheDoors, caller: Reader, period: PeriodCode, unit: UnitCode
) -> UnitReport:
    """Report on a unit, for a period or a year."""
    return await _one(doors, caller, period, unit)


@router.get(
    "/reports/{period}/units/{unit}/report.csv",
    operation_id="survey_report_unit_csv",
    **_file(_CSV, "A row a figure"),
)
async def report_unit_csv(
    doors: TheDoors, caller: Reader, period: PeriodCode, unit: UnitCode
) -> Response:
    """Give a unit's report as CSV: section by section, a row a figure."""
    report = await _one(doors, caller, period, unit)
    return _download(unit_csv(report), _CSV, f"ikm-{unit}-{period}.csv")


@router.get(
    "/reports/{period}/units/{unit}/report.xlsx",
    operation_id="survey_report_unit_xlsx",
    **_file(_XLSX, "A sheet a section"),
)
async def report_unit_xlsx(
    doors: TheDoors, caller: Reader, period: PeriodCode, unit: UnitCode
) -> Response:
    """Give a unit's report as a workbook: a sheet for each section."""
    report = await _one(doors, caller, period, unit)
    content = await asyncio.to_thread(unit_workbook, report)
    return _download(content, _XLSX, f"ikm-{unit}-{period}.xlsx")


@router.get(
    "/reports/{period}/units/{unit}/report.html",
    operation_id="survey_report_unit_html",
    **_file("text/html", "A page to print"),
)
async def report_unit_html(
    doors: TheDoors, caller: Reader, period: PeriodCode, unit: UnitCode
) -> HTMLResponse:
    """Show a unit's report as a page to print, with plots."""
    report = await _one(doors, caller, period, unit)
    return HTMLResponse(draw_unit(report, doors.context.profile.place), headers=POLICY)


@router.get("/indexes/{period}/units/{unit}", operation_id="survey_get_index", responses=_PROBLEMS)
async def get_index(
    doors: TheDoors, caller: Reader, period: PeriodCode, unit: UnitCode
) -> IndexNow:
    """Return a unit's index with its confidence interval, and nothing else of its report."""
    asked = access.unit_for(caller, doors.context.profile, unit)
    async with doors.units.begin() as work:
        return await read_index(work, doors.context, asked, period)


@router.get("/progress/{period}", operation_id="survey_get_progress", responses=_PROBLEMS)
async def get_progress(doors: TheDoors, caller: Reader, period: PeriodCode) -> SampleProgresses:
    """Show how far the sample of each unit is, with a warning where it is not full."""
    units = access.units_for(caller, doors.context.profile)
    async with doors.units.begin() as work:
        return await read_progress(work, doors.context, units, period)


@router.get(
    "/comments/{period}/units/{unit}", operation_id="survey_list_comments", responses=_PROBLEMS
)
async def list_comments(
    doors: TheDoors,
    caller: Reader,
    period: PeriodCode,
    unit: UnitCode,
    theme: Annotated[
        str | None,
        Query(max_length=64, pattern=r"^[a-z0-9-]+$", description="Comments of this theme."),
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Comments per page.")] = 50,
) -> CommentPage:
    """List what people wrote about a unit, masked, and in no order that tells of time.

    There are none to read before as many people answered as the smallest group that is shown.
    """
    asked = access.unit_for(caller, doors.context.profile, unit)
    after = _after(cursor)
    async with doors.units.begin() as work:
        periods = known_span(doors.context, period)
        progress = await read_progress(work, doors.context, [asked], period)
        few = progress.units[0].answers < doors.context.profile.smallest_group
        found = (
            []
            if few
            else await queries.list_comments(
                work.connection, periods, asked.code, theme, after, limit + 1
            )
        )
    items = [CommentShown.model_validate(each, from_attributes=True) for each in found[:limit]]
    following = write_cursor(items[-1].comment_id) if len(found) > limit else None
    return CommentPage(items=items, next=following)


async def _one(doors: TheDoors, caller: Principal, period: str, code: str) -> UnitReport:
    asked = access.unit_for(caller, doors.context.profile, code)
    async with doors.units.begin() as work:
        [report] = await report_units(
            work, doors.context, [asked], period, doors.settings.public_url
        )
    return report


async def _all(doors: TheDoors, caller: Principal, period: str) -> PemdaReports:
    access.require_every_opd(caller)
    async with doors.units.begin() as work:
        return await report_pemda(work, doors.context, period, doors.settings.public_url)


def _download(content: str | bytes, media: str, name: str) -> Response:
    return Response(
        content,
        media_type=media,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    [comment_id] = read_cursor(cursor, str)
    try:
        return str(UUID(str(comment_id)))
    except ValueError as error:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.") from error
