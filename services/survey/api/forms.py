"""HTTP in: which units there are, and the form that each asks."""

from fastapi import APIRouter

from services.survey.api.doors import TheDoors
from services.survey.rules.periods import name_of
from services.survey.schemas import ServiceShown, UnitShown, UnitsShown
from shared.problems import problem_responses

router = APIRouter(prefix="/survey/v1", tags=["forms"])


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
