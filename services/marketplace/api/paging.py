"""What lists have in common: cursors and how long a page is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from shared.cursor import read_cursor
from shared.errors import Invalid
from shared.parameters import OrAbsent

CursorText = Annotated[
    OrAbsent[str],
    Query(max_length=400, pattern=r"^[A-Za-z0-9_-]*$", description="Where the list goes on."),
]
PageSize = Annotated[int, Query(ge=1, le=100, description="Items of a page, at most.")]


def read_time_and_id(cursor: str) -> tuple[datetime, str]:
    """Return the position that a cursor names; raises Invalid for one of another kind."""
    written, object_id = read_cursor(cursor, str, str)
    try:
        moment = datetime.fromisoformat(str(written))
        found = str(UUID(str(object_id)))
    except ValueError as error:
        raise refused_cursor() from error
    if moment.tzinfo is None:
        raise refused_cursor()
    return moment, found


def read_id(cursor: str) -> str:
    """Return the id that a cursor names; raises Invalid for one of another kind."""
    (object_id,) = read_cursor(cursor, str)
    try:
        return str(UUID(str(object_id)))
    except ValueError as error:
        raise refused_cursor() from error


def refused_cursor() -> Invalid:
    """Say what to do with a cursor that this list did not write."""
    return Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
