"""The SQL of the monthly digest; a month of a Pemda is some ten thousand entries at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.rules.searching import Filters, Span, write_query

#: Withdrawn ones are not the OPD's to answer any more.
_CHOSEN: Final = """
    words @@ CAST(:facts AS tsquery) AND submitted_at >= :since AND submitted_at < :until
    AND state <> 'withdrawn'
    """
# One that was merged is answered with the one that it was merged into.
_UNANSWERED_ONE: Final = "responded_at IS NULL AND state <> 'merged'"
_TOTALS: Final = text(
    f"""
    SELECT count(*) AS entries, count(responded_at) AS answered,
           count(*) FILTER (WHERE responded_at <= response_due_at) AS in_time,
           count(*) FILTER (WHERE response_due_at < coalesce(responded_at, :now)) AS late,
           count(*) FILTER (WHERE {_UNANSWERED_ONE}) AS unanswered,
           percentile_cont(0.5) WITHIN GROUP (
               ORDER BY extract(epoch FROM responded_at - submitted_at) / 3600
           ) FILTER (WHERE responded_at IS NOT NULL) AS median_hours
    FROM bank_entry WHERE {_CHOSEN}
    """  # noqa: S608 - names of our own
)
_TOPICS: Final = text(
    f"SELECT topic, count(*) AS entries FROM bank_entry WHERE {_CHOSEN} GROUP BY topic"  # noqa: S608
)
_SPOTS: Final = text(
    f"""
    SELECT area_code, floor(lat / :grid) AS row, floor(lon / :grid) AS "column",
           count(*) AS entries
    FROM bank_entry WHERE {_CHOSEN}
    GROUP BY GROUPING SETS ((area_code), (floor(lat / :grid), floor(lon / :grid)))
    ORDER BY entries DESC
    """  # noqa: S608 - names of our own
)
_REPEATS: Final = text(
    f"""
    SELECT topic, area_code, count(*) AS entries,
           count(DISTINCT to_char(submitted_at AT TIME ZONE :zone, 'YYYY-MM')) AS months
    FROM bank_entry WHERE {_CHOSEN} AND topic IS NOT NULL AND area_code IS NOT NULL
    GROUP BY topic, area_code
    HAVING count(DISTINCT to_char(submitted_at AT TIME ZONE :zone, 'YYYY-MM')) >= :least
    ORDER BY months DESC, entries DESC, topic, area_code LIMIT :most
    """  # noqa: S608 - names of our own
)
_UNANSWERED: Final = text(
    f"""
    SELECT entry_id, submitted_at, topic, secret, text FROM bank_entry
    WHERE {_CHOSEN} AND {_UNANSWERED_ONE}
    ORDER BY submitted_at, entry_id LIMIT :most
    """  # noqa: S608 - names of our own
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A span of time and an OPD, or all; `periods` are the index's facts of that time."""

    span: Span
    periods: tuple[str, ...]
    opd: str | None

    def values(self) -> dict[str, Any]:
        """Return what every statement here is given."""
        return {
            "facts": write_query(Filters(opd=self.opd).facts(), self.periods),
            "since": self.span.since,
            "until": self.span.until,
        }


async def read_totals(connection: AsyncConnection, chosen: Chosen, now: datetime) -> Row[Any]:
    """Return entries, answered, in time, late, unanswered, and the median of the hours waited."""
    return (await connection.execute(_TOTALS, {**chosen.values(), "now": now})).one()


async def count_topics(connection: AsyncConnection, chosen: Chosen) -> dict[str | None, int]:
    """Return the entries of each topic."""
    rows = await connection.execute(_TOPICS, chosen.values())
    return {row.topic: row.entries for row in rows}


async def list_spots(
    connection: AsyncConnection, chosen: Chosen, grid: float
) -> Sequence[Row[Any]]:
    """Return the entries by area, and by cell of so many degrees; the most first."""
    return (await connection.execute(_SPOTS, {**chosen.values(), "grid": grid})).all()


async def list_repeats(
    connection: AsyncConnection, chosen: Chosen, zone: str, least: int, most: int
) -> Sequence[Row[Any]]:
    """Return topics and areas that come together in so many months at least."""
    values = {**chosen.values(), "zone": zone, "least": least, "most": most}
    return (await connection.execute(_REPEATS, values)).all()


async def list_unanswered(
    connection: AsyncConnection, chosen: Chosen, most: int
) -> Sequence[Row[Any]]:
    """Return those that nobody answered, the oldest first."""
    return (await connection.execute(_UNANSWERED, {**chosen.values(), "most": most})).all()
