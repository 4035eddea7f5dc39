"""SQL of the board: what waits now, what came and went, and how fast people were answered.

Every statement is a range of an index: what is open, what is due, a month of answers. None grows
with the cases that are stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.record_states import OPEN

#: Ages of open cases, each from so many hours on.
AGES: Final = (
    ("under_2h", 0),
    ("h2_to_h24", 2),
    ("d1_to_d3", 24),
    ("d3_to_d10", 72),
    ("over_d10", 240),
)
SOON: Final = timedelta(hours=1)
#: Where a place is not known.
NOWHERE: Final = ""

_AGE_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE submitted_at <= CAST(:now AS timestamptz) - interval '{since} hours'"
    + (
        f" AND submitted_at > CAST(:now AS timestamptz) - interval '{AGES[place + 1][1]} hours')"
        if place + 1 < len(AGES)
        else ")"
    )
    + f" AS {name}"
    for place, (name, since) in enumerate(AGES)
)
OPEN_BY_AGE = text(
    f"""
    SELECT coalesce(opd, '') AS opd, count(*) AS cases, {_AGE_COUNTS}
    FROM case_record WHERE {OPEN} GROUP BY 1
    """  # noqa: S608 - names of our own
)
OLDEST = text(
    f"""
    SELECT CAST(found.complaint_id AS text) AS complaint_id, found.submitted_at,
           coalesce(found.opd, '') AS opd, coalesce(found.area, '') AS area
    FROM unnest(CAST(:opds AS text[])) AS o (opd) CROSS JOIN LATERAL (
        SELECT complaint_id, submitted_at, opd, area FROM case_record
        WHERE {OPEN} AND opd = o.opd ORDER BY submitted_at LIMIT :most) AS found
    UNION ALL (
        SELECT CAST(complaint_id AS text), submitted_at, '', coalesce(area, '') FROM case_record
        WHERE {OPEN} AND opd IS NULL ORDER BY submitted_at LIMIT :most)
    """  # noqa: S608 - names of our own
)
# A case with several clocks that are late is one case. Each place is looked up by itself: a join
# would be planned over all cases that are stored, although few are late.
DUE = text(
    """
    SELECT opd, coalesce(area, '') AS area,
           count(*) FILTER (WHERE overdue) AS overdue, count(*) FILTER (WHERE soon) AS soon,
           count(*) FILTER (WHERE level = 1) AS level_1,
           count(*) FILTER (WHERE level = 2) AS level_2,
           count(*) FILTER (WHERE level >= 3) AS level_3
    FROM (
        SELECT coalesce(opd, '') AS opd,
               (SELECT r.area FROM case_record AS r
                WHERE r.complaint_id = clock.complaint_id) AS area,
               bool_or(due_at <= CAST(:now AS timestamptz)) AS overdue,
               bool_or(due_at > CAST(:now AS timestamptz)) AS soon,
               max((SELECT max(e.level) FROM escalation AS e
                    WHERE e.clock_id = clock.clock_id)) AS level
        FROM clock
        WHERE state = 'running' AND due_at <= CAST(:soon AS timestamptz) AND stage <> 'closing'
        GROUP BY complaint_id, 1
    ) AS late
    GROUP BY 1, 2
    """
)
FLOW = text(
    """
    SELECT 'received' AS what, coalesce(opd, '') AS opd, count(*) AS cases FROM case_record
    WHERE submitted_at > CAST(:since AS timestamptz) GROUP BY 2
    UNION ALL
    SELECT 'answered', coalesce(answered_opd, ''), count(*) FROM case_record
    WHERE answered_at > CAST(:since AS timestamptz) GROUP BY 2
    UNION ALL
    SELECT 'resolved', coalesce(resolved_opd, ''), count(*) FROM case_record
    WHERE resolved_at > CAST(:since AS timestamptz) GROUP BY 2
    """
)
RECEIVED = text(
    """
    SELECT coalesce(opd, '') AS opd, count(*) AS cases FROM case_record
    WHERE submitted_at >= CAST(:since AS timestamptz) AND spam IS NOT TRUE GROUP BY 1
    """
)
#: `opd` is NULL in the row of all together. Percentiles are exact, from the period's own rows.
ANSWERS = text(
    """
    SELECT opd, grouping(opd) = 1 AS of_all, count(*) AS answered,
           count(*) FILTER (WHERE seconds <= 7200) AS within_2h,
           count(*) FILTER (WHERE seconds <= 86400) AS within_24h,
           percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds) AS percentiles
    FROM (
        SELECT coalesce(answered_opd, '') AS opd,
               greatest(extract(epoch FROM answered_at - submitted_at), 0) AS seconds
        FROM case_record
        WHERE answered_at >= CAST(:since AS timestamptz) AND submitted_at IS NOT NULL
            AND spam IS NOT TRUE
    ) AS answer
    GROUP BY GROUPING SETS ((opd), ())
    """
)


async def count_open(connection: AsyncConnection, now: datetime) -> Sequence[Row[Any]]:
    """Return the open cases of each OPD, by age."""
    return (await connection.execute(OPEN_BY_AGE, {"now": now})).all()


async def list_oldest(
    connection: AsyncConnection, opds: Sequence[str], most: int
) -> Sequence[Row[Any]]:
    """Return the oldest open cases of each of these OPDs, and those that never had one."""
    return (await connection.execute(OLDEST, {"opds": list(opds), "most": most})).all()


async def count_due(connection: AsyncConnection, now: datetime) -> Sequence[Row[Any]]:
    """Return by OPD and area the cases that are overdue, due within the hour, and escalated."""
    return (await connection.execute(DUE, {"now": now, "soon": now + SOON})).all()


async def count_flow(connection: AsyncConnection, since: datetime) -> Sequence[Row[Any]]:
    """Return what came, was answered and was resolved since then, by OPD."""
    return (await connection.execute(FLOW, {"since": since})).all()


async def count_received(connection: AsyncConnection, since: datetime) -> dict[str, int]:
    """Return the complaints received since then, by the OPD that has them now."""
    rows = await connection.execute(RECEIVED, {"since": since})
    return {row.opd: row.cases for row in rows}


async def read_answers(connection: AsyncConnection, since: datetime) -> Sequence[Row[Any]]:
    """Return how fast people were answered since then, by OPD and altogether."""
    return (await connection.execute(ANSWERS, {"since": since})).all()
