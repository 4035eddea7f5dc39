"""The SQL that reads what is counted: whole reports from sums, never from single answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.survey.rules.index import Counts
from services.survey.tables import SCORE_COLUMNS, tally

#: The one value of the dimension `all`.
EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Sums:
    """What is counted of some answers: see `tables.tally`."""

    answers: int
    sum_x: int
    sum_xx: int
    counts: Counts

    def __add__(self, other: "Sums") -> "Sums":
        """Return the sums over both."""
        return Sums(
            self.answers + other.answers,
            self.sum_x + other.sum_x,
            self.sum_xx + other.sum_xx,
            self.counts + other.counts,
        )


@dataclass(frozen=True, slots=True)
class TallyRow:
    """The sums of one unit's service, or of all of them, in one value of one dimension."""

    period: str
    unit: str
    service: str
    dimension: str
    value: str
    sums: Sums


_SUMS = [
    sa.func.sum(tally.c[name]).label(name)
    for name in ("answers", "sum_x", "sum_xx", *SCORE_COLUMNS)
]


async def list_unit_sums(
    connection: AsyncConnection,
    periods: Sequence[str],
    units: Sequence[str] | None = None,
    *,
    by_period: bool = False,
) -> list[TallyRow]:
    """Return the sums of units (None for every one) over all of their services.

    They are over all periods together; with `by_period`, one row for each.
    """
    keys = [tally.c.unit, *([tally.c.period] if by_period else [])]
    wanted = [tally.c.period.in_(periods), tally.c.dimension == EVERYBODY]
    return await _list(connection, keys, wanted, units)


async def list_service_sums(
    connection: AsyncConnection, periods: Sequence[str], units: Sequence[str] | None = None
) -> list[TallyRow]:
    """Return the sums of each service of units, over all periods together."""
    keys = [tally.c.unit, tally.c.service]
    wanted = [tally.c.period.in_(periods), tally.c.dimension == EVERYBODY]
    return await _list(connection, keys, wanted, units)


async def list_group_sums(
    connection: AsyncConnection, periods: Sequence[str], units: Sequence[str] | None = None
) -> list[TallyRow]:
    """Return the sums of units by group of respondents and by channel, over all periods."""
    keys = [tally.c.unit, tally.c.dimension, tally.c.value]
    wanted = [tally.c.period.in_(periods), tally.c.dimension != EVERYBODY]
    return await _list(connection, keys, wanted, units)


async def _list(
    connection: AsyncConnection,
    keys: Sequence[sa.Column[Any]],
    wanted: Sequence[sa.ColumnElement[bool]],
    units: Sequence[str] | None,
) -> list[TallyRow]:
    statement = sa.select(*keys, *_SUMS).where(*wanted).group_by(*keys).order_by(*keys)
    if units is not None:
        statement = statement.where(tally.c.unit.in_(units))
    names = [key.name for key in keys]
    found = await connection.execute(statement)
    return [
        _row(dict(zip(names, row[: len(names)], strict=True)), row[len(names) :]) for row in found
    ]


def _row(keys: Mapping[str, str], values: Sequence[Any]) -> TallyRow:
    answers, sum_x, sum_xx, *scores = map(int, values)
    rows = zip(scores[0::4], scores[1::4], scores[2::4], scores[3::4], strict=True)
    return TallyRow(
        period=keys.get("period", ""),
        unit=keys["unit"],
        service=keys.get("service", ""),
        dimension=keys.get("dimension", EVERYBODY),
        value=keys.get("value", EVERYBODY),
        sums=Sums(answers, sum_x, sum_xx, Counts(tuple(rows))),
    )
