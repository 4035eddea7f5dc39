"""The SQL of what is around answers: periods, invitations, kiosks, comments, and counting anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.survey.official import GROUPS, UNSTATED
from services.survey.rules.answers import UNIT_OF_MEANS
from services.survey.rules.index import ELEMENTS, SCORES
from services.survey.tables import Comment, Invitations, Kiosk, SurveyPeriod, metadata

_period = metadata.tables["survey_period"]
_invitations = metadata.tables["invitations"]
_kiosk = metadata.tables["kiosk"]
_comment = metadata.tables["comment"]
_extra = metadata.tables["extra_tally"]

_ROW: Final = ", ".join(code.lower() for code in ELEMENTS)
_SUM: Final = " + ".join(f"coalesce({code.lower()}, 0)" for code in ELEMENTS)
_SCORES: Final = ",\n".join(
    f"count(*) FILTER (WHERE {code.lower()} = {score})" for code in ELEMENTS for score in SCORES
)
_GROUPED: Final = ",\n".join(
    f"('{name}', coalesce({name}, '{UNSTATED}'))"
    for name in GROUPS  # our own names
)
#: What `operations.answering` counts answer by answer, counted from the answers themselves.
_COUNT_ANEW: Final = text(
    f"""
    INSERT INTO tally
    SELECT period, unit, service, dimension, value, count(*), sum(x), sum(x * x), {_SCORES}
    FROM (
        SELECT *, CAST({UNIT_OF_MEANS} * ({_SUM}) / num_nonnulls({_ROW}) AS bigint) AS x
        FROM answer WHERE period = :period
    ) AS a
    CROSS JOIN LATERAL (
        VALUES ('all', 'all'), ('channel', channel), {_GROUPED}
    ) AS d (dimension, value)
    GROUP BY period, unit, service, dimension, value
    """  # noqa: S608 - names of our own
)
_COUNT_EXTRAS_ANEW: Final = text(
    """
    INSERT INTO extra_tally (period, unit, question, score, answers)
    SELECT period, unit, question, CAST(score AS smallint), count(*)
    FROM answer CROSS JOIN LATERAL jsonb_each_text(coalesce(extras, '{}')) AS e (question, score)
    WHERE period = :period
    GROUP BY period, unit, question, score
    """
)


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """How many comments on a unit are of a theme; no theme is an empty text."""

    unit: str
    theme: str
    comments: int


async def close_period(connection: AsyncConnection, period: str, at: datetime) -> bool:
    """Close a period and destroy its salt and claims; tells whether it was open until now."""
    statement = (
        insert(SurveyPeriod)
        .values(period=period, closed_at=at, salt=None)
        .on_conflict_do_update(
            index_elements=["period"],
            set_={"closed_at": at, "salt": None},
            where=_period.c.closed_at.is_(None),
        )
        .returning(_period.c.period)
    )
    closed = (await connection.execute(statement)).first() is not None
    if closed:
        await connection.execute(text("DELETE FROM claim WHERE period = :p"), {"p": period})
    return closed


async def list_open_periods(connection: AsyncConnection) -> list[str]:
    """Return the periods that have answers and are not closed."""
    found = await connection.execute(
        sa.select(_period.c.period).where(_period.c.closed_at.is_(None)).order_by(_period.c.period)
    )
    return list(found.scalars())


async def list_periods(connection: AsyncConnection) -> dict[str, datetime | None]:
    """Return all periods that have answers, with when they were closed, newest first."""
    found = await connection.execute(
        sa.select(_period.c.period, _period.c.closed_at).order_by(_period.c.period.desc())
    )
    return {row.period: row.closed_at for row in found}


async def recount(connection: AsyncConnection, period: str) -> None:
    """Count a period anew from its answers; waits for those that are being written."""
    await connection.execute(
        sa.select(_period.c.period).where(_period.c.period == period).with_for_update()
    )
    for table in ("tally", "extra_tally"):
        statement = text(f"DELETE FROM {table} WHERE period = :period")  # noqa: S608 - our own names
        await connection.execute(statement, {"period": period})
    await connection.execute(_COUNT_ANEW, {"period": period})
    await connection.execute(_COUNT_EXTRAS_ANEW, {"period": period})


async def add_invitations(
    connection: AsyncConnection, period: str, unit: str, service: str, count: int
) -> int:
    """Note that so many more links were sent; returns how many in all."""
    statement = insert(Invitations).values(period=period, unit=unit, service=service, sent=count)
    found = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["period", "unit", "service"],
            set_={"sent": _invitations.c.sent + statement.excluded.sent},
        ).returning(_invitations.c.sent)
    )
    return int(found.scalar_one())


async def count_invitations(
    connection: AsyncConnection, periods: Sequence[str]
) -> Mapping[str, int]:
    """Return how many links were sent, by unit."""
    found = await connection.execute(
        sa.select(_invitations.c.unit, sa.func.sum(_invitations.c.sent).label("sent"))
        .where(_invitations.c.period.in_(periods))
        .group_by(_invitations.c.unit)
    )
    return {row.unit: int(row.sent) for row in found}


async def put_kiosk(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a kiosk, or give one of the same code its new place and token."""
    statement = insert(Kiosk).values(**row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["code"],
            set_={name: statement.excluded[name] for name in row if name != "code"},
        )
    )


async def find_kiosk(connection: AsyncConnection, token_hash: bytes) -> Any | None:
    """Return the kiosk with this token: its code, unit and service."""
    found = await connection.execute(
        sa.select(_kiosk.c.code, _kiosk.c.unit, _kiosk.c.service).where(
            _kiosk.c.token_hash == token_hash
        )
    )
    return found.first()


async def list_kiosks(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Return every kiosk, without its token."""
    columns = (_kiosk.c.code, _kiosk.c.unit, _kiosk.c.service, _kiosk.c.made_at)
    found = await connection.execute(sa.select(*columns).order_by(_kiosk.c.code))
    return [dict(row) for row in found.mappings()]


async def delete_kiosk(connection: AsyncConnection, code: str) -> bool:
    """Take a kiosk away; tells whether there was one."""
    found = await connection.execute(sa.delete(Kiosk).where(_kiosk.c.code == code))
    return bool(found.rowcount)


async def count_themes(
    connection: AsyncConnection, periods: Sequence[str], units: Sequence[str] | None = None
) -> list[ThemeCount]:
    """Return how many comments are of each theme, the most frequent first in each unit.

    A comment of several themes counts for each.
    """
    themes = sa.func.unnest(
        sa.case(
            (sa.func.cardinality(_comment.c.themes) == 0, text("ARRAY['']")),
            else_=_comment.c.themes,
        )
    ).label("theme")
    inner = sa.select(_comment.c.unit, themes).where(_comment.c.period.in_(periods))
    if units is not None:
        inner = inner.where(_comment.c.unit.in_(units))
    each = inner.subquery()
    counted = sa.func.count().label("comments")
    found = await connection.execute(
        sa.select(each.c.unit, each.c.theme, counted)
        .group_by(each.c.unit, each.c.theme)
        .order_by(each.c.unit, counted.desc(), each.c.theme)
    )
    return [ThemeCount(row.unit, row.theme, row.comments) for row in found]


async def list_comments(
    connection: AsyncConnection,
    periods: Sequence[str],
    unit: str,
    theme: str | None,
    after: str | None,
    limit: int,
) -> list[Comment]:
    """Return a page of comments on a unit; their order says nothing of when they came."""
    statement = (
        sa.select(_comment)
        .where(_comment.c.period.in_(periods), _comment.c.unit == unit)
        .order_by(_comment.c.comment_id)
        .limit(limit)
    )
    if theme is not None:
        statement = statement.where(_comment.c.themes.contains([theme]))
    if after is not None:
        statement = statement.where(_comment.c.comment_id > after)
    found = await connection.execute(statement)
    return [Comment.model_validate(dict(row)) for row in found.mappings()]


async def list_extras(
    connection: AsyncConnection, periods: Sequence[str], units: Sequence[str] | None = None
) -> list[Any]:
    """Return how often each answer to an extra question was given, by unit."""
    statement = sa.select(
        _extra.c.unit,
        _extra.c.question,
        _extra.c.score,
        sa.func.sum(_extra.c.answers).label("answers"),
    ).where(_extra.c.period.in_(periods))
    if units is not None:
        statement = statement.where(_extra.c.unit.in_(units))
    keys = (_extra.c.unit, _extra.c.question, _extra.c.score)
    found = await connection.execute(statement.group_by(*keys).order_by(*keys))
    return list(found)
