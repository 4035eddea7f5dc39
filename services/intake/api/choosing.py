"""How the queries of the doors for staff are declared: texts, codes and days, alike at each."""

import re
from datetime import date
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BeforeValidator

from shared.parameters import OrAbsent

#: Postgres' texts have no NUL.
NUL_FREE: Final = r"^[^\u0000]*$"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def written(description: str, example: str, *, shortest: int = 0, longest: int = 200) -> Any:
    """Declare a text that somebody writes, by its characters."""
    return Query(
        min_length=shortest or None,
        max_length=longest,
        pattern=NUL_FREE,
        description=description,
        examples=[example],
    )


def code(description: str, example: str) -> Any:
    """Declare a code: of an OPD, of a topic or of a service."""
    return written(description, example, shortest=1, longest=100)


def _written_as_a_day(given: object) -> object:
    if not isinstance(given, str) or _DAY.fullmatch(given) is None:
        raise ValueError("Tulis tanggal sebagai 2026-03-09.")
    return given


# Stricter than a form's `WrittenDay`: pydantic takes midnight of a day, with its time, for the day.
_Day = Annotated[date, BeforeValidator(_written_as_a_day)]
Since = Annotated[OrAbsent[_Day], Query(description="From this day on, in the Pemda's zone.")]
Until = Annotated[OrAbsent[_Day], Query(description="Up to this day, which belongs to it.")]
