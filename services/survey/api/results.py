"""HTTP in: what everybody may see, the results of periods that are closed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.survey.api.doors import TheDoors, UnitCode
from services.survey.api.forms import HTML
from services.survey.api.page_forms import PageRoute
from services.survey.errors import NothingPublished, UnitUnknown
from services.survey.form_page import POLICY
from services.survey.operations.reporting import (
    RESULTS,
    is_published,
    newest_published,
    report_pemda,
    report_units,
)
from services.survey.report_page import draw_nothing, draw_pemda, draw_unit
from services.survey.report_schemas import PemdaReport
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/survey/v1", tags=["results"], route_class=PageRoute)

PublishedPeriod = Annotated[
    str | None,
    Query(max_length=7, description="A closed period; the newest one.", examples=["2026-02"]),
]


@router.get(
    "/results",
    operation_id="survey_show_results",
    response_class=HTMLResponse,
    responses={**HTML, **problem_responses(404, 422, 503)},
)
async def show_results(
    request: Request, doors: TheDoors, period: PublishedPeriod = None
) -> HTMLResponse:
    """Show the newest published indexes of the Pemda and of every unit as a page."""
    del request
    context = doors.context
    async with doors.units.begin() as unit:
        try:
            chosen = await _published(unit, doors, period)
        except NothingPublished:
            if period is not None:
                raise
            return HTMLResponse(draw_nothing(context.profile.pemda), headers=POLICY)
        reports = await report_pemda(unit, context, chosen, doors.settings.public_url)
    page = draw_pemda(reports.whole, context.profile.place, RESULTS)
    return HTMLResponse(page, headers=POLICY)


@router.get(
    "/results.json",
    operation_id="survey_get_results",
    responses=problem_responses(404, 422, 503),
)
async def get_results(doors: TheDoors, period: PublishedPeriod = None) -> PemdaReport:
    """Return the newest published indexes of the Pemda and of every unit as open data."""
    async with doors.units.begin() as unit:
        chosen = await _published(unit, doors, period)
        reports = await report_pemda(unit, doors.context, chosen, doors.settings.public_url)
    return reports.whole


@router.get(
    "/results/{unit}",
    operation_id="survey_show_unit_results",
    response_class=HTMLResponse,
    responses={**HTML, **problem_responses(404, 422, 503)},
)
async def show_unit_results(
    doors: TheDoors, unit: UnitCode, period: PublishedPeriod = None
) -> HTMLResponse:
    """Show the newest published report of a unit as a page."""
    asked = doors.context.unit(unit)
    if asked is None:
        raise UnitUnknown(unit)
    async with doors.units.begin() as work:
        chosen = await _published(work, doors, period)
        [report] = await report_units(
            work, doors.context, [asked], chosen, doors.settings.public_url
        )
    page = draw_unit(report, doors.context.profile.place, public=True)
    return HTMLResponse(page, headers=POLICY)


async def _published(unit: UnitOfWork, doors: TheDoors, period: str | None) -> str:
    """Return the period to show; raises NothingPublished, PeriodInvalid."""
    chosen = period or await newest_published(unit)
    if chosen is None or not await is_published(unit, doors.context, chosen):
        raise NothingPublished
    return chosen
