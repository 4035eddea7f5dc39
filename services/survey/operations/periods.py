"""Periods are closed: they take no answer any more, and what recognises a person is destroyed."""

from datetime import timedelta

from services.survey import queries
from services.survey.context import SurveyContext
from services.survey.errors import PeriodRunning
from services.survey.operations.links import known_period
from services.survey.rules.periods import last_day, name_of
from shared.unit_of_work import UnitOfWork, UnitsOfWork


async def close_period(unit: UnitOfWork, context: SurveyContext, period: str) -> bool:
    """Close a period whose last day is over; tells whether it was open until now.

    Raises PeriodInvalid, PeriodRunning.
    """
    code = known_period(context, period)
    if context.today(unit.now) <= last_day(code):
        raise PeriodRunning(name_of(code))
    return await queries.close_period(unit.connection, code, unit.now)


async def close_what_is_over(units: UnitsOfWork, context: SurveyContext) -> None:
    """Close every period whose days of grace are over: each hour, and again without harm."""
    async with units.begin() as unit:
        today = context.today(unit.now)
        for period in await queries.list_open_periods(unit.connection):
            if today > last_day(period) + timedelta(days=context.profile.grace_days):
                await queries.close_period(unit.connection, period, unit.now)
