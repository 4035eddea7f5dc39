"""Makes the digest of a month: what came, where, about what, and what nobody has answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import bank_queries, digest_queries
from services.intake.bank_schemas import WeekCount
from services.intake.context import IntakeContext
from services.intake.digest_queries import Chosen
from services.intake.digest_schemas import Digest, DigestTopic, HotSpot, RepeatPlace, Unanswered
from services.intake.operations.searching import zone_of
from services.intake.operations.trends import rising_topics
from services.intake.rules.searching import (
    MARK,
    Span,
    monday_of,
    month_span,
    shift_month,
    weeks_until,
)

MOST_TOPICS: Final = 10
MOST_SPOTS: Final = 10
MOST_UNANSWERED: Final = 10
#: Fewer complaints from one place are no hot spot.
LEAST_SPOT: Final = 3
#: A place is a repeat place when its topic came in so many of the last months.
REPEAT_MONTHS: Final = 6
LEAST_REPEATS: Final = 3
WEEKS: Final = 26
#: The topics of the month's four weeks are compared with those of the weeks before.
RECENT_WEEKS: Final = 4
GRID: Final = 0.005

_SNIPPET: Final = 160
_WEEK: Final = timedelta(days=7)


async def make_digest(
    connection: AsyncConnection,
    context: IntakeContext,
    month: str,
    opd: str | None,
    now: datetime,
) -> Digest:
    """Return the digest of a month for an OPD, or for all; of a month that runs, so far."""
    zone = zone_of(context)
    await bank_queries.by_index_alone(connection)
    chosen = _months(context, month, 1, opd)
    totals = await digest_queries.read_totals(connection, chosen, now)
    before_month = _months(context, shift_month(month, -1), 1, opd)
    before = await digest_queries.count_topics(connection, before_month)
    last_day = (chosen.span.until - timedelta(days=1)).astimezone(zone).date()
    last_monday = monday_of(min(last_day, now.astimezone(zone).date()))
    mondays = weeks_until(last_monday, WEEKS)
    weeks = await bank_queries.count_weeks(connection, mondays[0], last_monday, opd, None, None)
    end = last_monday + _WEEK
    periods = (mondays[0], end - _WEEK * RECENT_WEEKS, end)
    due = totals.in_time + totals.late
    profile = context.profile
    return Digest(
        month=month,
        opd=opd,
        name=profile.opds.get(opd, opd) if opd else "Semua OPD",
        publisher=profile.pemda.name,
        made_at=now,
        first_day=chosen.span.since.astimezone(zone).date(),
        last_day=last_day,
        entries=totals.entries,
        entries_before=sum(before.values()),
        answered=totals.answered,
        answered_in_time=totals.in_time / due if due else None,
        median_hours=None if totals.median_hours is None else round(totals.median_hours, 1),
        unanswered=totals.unanswered,
        oldest_unanswered=[
            _unanswered(row)
            for row in await digest_queries.list_unanswered(connection, chosen, MOST_UNANSWERED)
        ],
        topics=_topics(context, await digest_queries.count_topics(connection, chosen), before),
        rising=await rising_topics(connection, context, periods, opd=opd),
        hot_spots=_spots(context, await digest_queries.list_spots(connection, chosen, GRID)),
        repeat_places=await _repeat_places(connection, context, month, opd),
        weeks=[WeekCount(week=monday, entries=weeks.get(monday, 0)) for monday in mondays],
    )


def _months(context: IntakeContext, last: str, count: int, opd: str | None) -> Chosen:
    """Choose so many months, the last of them named."""
    zone = zone_of(context)
    months = [shift_month(last, -back) for back in reversed(range(count))]
    span = Span(month_span(months[0], zone).since, month_span(last, zone).until)
    return Chosen(span, tuple(f"{MARK}month:{month}" for month in months), opd)


def _topics(
    context: IntakeContext, counts: dict[str | None, int], before: dict[str | None, int]
) -> list[DigestTopic]:
    names = context.profile.topic_names()
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0] or ""))
    return [
        DigestTopic(
            topic=topic,
            name=names.get(topic, topic) if topic else "Belum ditentukan",
            entries=entries,
            before=before.get(topic, 0),
        )
        for topic, entries in ranked[:MOST_TOPICS]
    ]


def _spots(context: IntakeContext, rows: Sequence[Row[Any]]) -> list[HotSpot]:
    names = context.profile.area_names()
    spots = []
    for row in rows:
        if row.entries < LEAST_SPOT:
            continue
        if row.area_code is not None:
            name = names.get(row.area_code, row.area_code)
            spots.append(HotSpot(name=name, entries=row.entries))
        elif row.row is not None:
            lat, lon = (row.row + 0.5) * GRID, (row.column + 0.5) * GRID
            name = f"Sekitar {lat:.4f}, {lon:.4f}"
            spots.append(
                HotSpot(name=name, lat=round(lat, 6), lon=round(lon, 6), entries=row.entries)
            )
    return spots[:MOST_SPOTS]


async def _repeat_places(
    connection: AsyncConnection, context: IntakeContext, month: str, opd: str | None
) -> list[RepeatPlace]:
    chosen = _months(context, month, REPEAT_MONTHS, opd)
    topics, areas = context.profile.topic_names(), context.profile.area_names()
    rows = await digest_queries.list_repeats(
        connection, chosen, context.profile.pemda.zone, LEAST_REPEATS, MOST_SPOTS
    )
    return [
        RepeatPlace(
            topic=row.topic,
            name=topics.get(row.topic, row.topic),
            area_name=areas.get(row.area_code, row.area_code),
            months=row.months,
            entries=row.entries,
        )
        for row in rows
    ]


def _unanswered(row: Row[Any]) -> Unanswered:
    # A printed digest lies on desks: what is secret is not in it, not even masked.
    text = "(rahasia)" if row.secret else row.text
    return Unanswered(
        entry_id=str(row.entry_id),
        submitted_at=row.submitted_at,
        topic=row.topic,
        text=text if len(text) <= _SNIPPET else f"{text[:_SNIPPET].rstrip()} …",
    )
