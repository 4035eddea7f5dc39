"""HTTP in: which units there are, the form that each asks, and the sheet that leads to it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from services.survey.api.doors import TheDoors, UnitCode
from services.survey.errors import UnitUnknown
from services.survey.form_page import POLICY, draw_poster
from services.survey.official import Language
from services.survey.operations.forming import make_form
from services.survey.rules.periods import name_of
from services.survey.schemas import ServiceShown, SurveyForm, UnitShown, UnitsShown
from shared.problems import problem_responses

router = APIRouter(prefix="/survey/v1", tags=["forms"])

ServiceQuery = Annotated[
    str | None,
    Query(max_length=64, description="One of the unit's services.", examples=["ktp-el"]),
]
LanguageQuery = Annotated[
    Language, Query(alias="lang", description="Language of the form.", examples=["id"])
]
HTML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page"}
}


@router.get("/units", operation_id="survey_list_units", responses=problem_responses(503))
async def list_units(doors: TheDoors) -> UnitsShown:
    """List the units and services that citizens are asked about, and the running period."""
    period = doors.context.current_period(doors.units.clock.now())
    return UnitsShown(
        period=period,
        period_name=name_of(period),
        units=[
            UnitShown(
                code=unit.code,
                name=unit.name,
                opd=unit.opd,
                services=[ServiceShown(code=s.code, name=s.name) for s in unit.services],
            )
            for unit in doors.context.profile.units
        ],
    )


@router.get(
    "/forms/{unit}",
    operation_id="survey_get_form",
    responses=problem_responses(404, 422, 503),
)
async def get_form(
    doors: TheDoors, unit: UnitCode, service: ServiceQuery = None, language: LanguageQuery = "id"
) -> SurveyForm:
    """Return the form of a unit as data: questions, answers, and accessible names for all fields.

    Its questions stand in the order in which the unit asks them. What is filled in goes to
    `POST /survey/v1/answers`.
    """
    period = doors.context.current_period(doors.units.clock.now())
    return make_form(doors.context, unit, service, period, language)


@router.get(
    "/posters/{unit}.html",
    operation_id="survey_print_poster",
    response_class=HTMLResponse,
    responses={**HTML, **problem_responses(404, 422, 503)},
)
async def print_poster(
    doors: TheDoors, unit: UnitCode, service: ServiceQuery = None, language: LanguageQuery = "id"
) -> HTMLResponse:
    """Show a sheet to print (A4), whose QR code opens the form of a unit or of one service."""
    found = doors.context.unit(unit)
    name = found.service_name(service) if found and service else None
    if found is None or (service and name is None):
        raise UnitUnknown(unit, service)
    chosen = {"service": service} if service else {}
    query = urlencode(chosen | ({} if language == "id" else {"lang": language}))
    address = f"{doors.settings.public_url}/survey/v1/pages/{unit}" + (f"?{query}" if query else "")
    page = draw_poster(language, doors.context.profile.pemda, found.name, name, address)
    return HTMLResponse(page, headers=POLICY)
