"""How much people complain from week to week, and about what more than before."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import bank_queries as queries
from services.intake.bank_schemas import RisingTopic, Trends, WeekCount
from services.intake.context import IntakeContext
from services.intake.operations.searching import zone_of
from services.intake.rules.searching import monday_of, weeks_until
from services.intake.rules.trends import rank, rise_of

MOST_RISING: Final = 20

_WEEK: Final = timedelta(days=7)


async def read_trends(
    connection: AsyncConnection,
    context: IntakeContext,
    now: datetime,
    *,
    weeks: int,
    recent: int,
    opd: str | None = None,
    topic: str | None = None,
    area: str | None = None,
) -> Trends:
    """Return the entries of so many weeks, this one the last, and the topics that rise.

    The `recent` last complete weeks are compared with those of `weeks` before them. Read from
    counts that each entry's own transaction keeps.
    """
    this_week = monday_of(now.astimezone(zone_of(context)).date())
    mondays = weeks_until(this_week, weeks)
    counts = await queries.count_weeks(connection, mondays[0], this_week, opd, topic, area)
    recent_from = this_week - _WEEK * recent
    compared_from = recent_from - _WEEK * weeks
    return Trends(
        weeks=[WeekCount(week=monday, entries=counts.get(monday, 0)) for monday in mondays],
        recent_from=recent_from,
        compared_from=compared_from,
        rising=await rising_topics(
            connection, context, (compared_from, recent_from, this_week), opd=opd, area=area
        ),
    )


async def rising_topics(
    connection: AsyncConnection,
    context: IntakeContext,
    periods: tuple[date, date, date],
    *,
    opd: str | None,
    area: str | None = None,
) -> list[RisingTopic]:
    """Return the topics that rise; `periods` are the Mondays at which both begin and all ends."""
    first, recent, end = periods
    counts = await queries.compare_topics(connection, first, recent, end, opd, area)
    share = (end - recent) / (recent - first)
    found = {name: rise_of(*pair, share) for name, pair in counts.items()}
    names = context.profile.topic_names()
    return [
        RisingTopic(
            topic=topic,
            name=names.get(topic),
            opd=of or None,
            recent=rise.recent,
            expected=round(rise.expected, 1),
            ratio=round(rise.ratio, 2),
            at_least=round(rise.at_least, 2),
        )
        for (topic, of), rise in rank(found, MOST_RISING)
    ]
