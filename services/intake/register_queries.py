"""The SQL of registers: entries kept, found by words, facts and place, looked up, withdrawn."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, TSQUERY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.paper_tables import RegisterEntry
from services.intake.rules.likeness import METRES_PER_DEGREE
from services.intake.rules.registers import Listed, box_around, write_facts
from shared.ids import UUID_PATTERN

#: So many entries at most are compared with one application.
_MOST_COMPARED = 200
_ID = re.compile(UUID_PATTERN)
_SHOWN = (
    col(RegisterEntry.entry_id),
    col(RegisterEntry.opd),
    col(RegisterEntry.complaint_id),
    col(RegisterEntry.cells),
    col(RegisterEntry.lat),
    col(RegisterEntry.lon),
    col(RegisterEntry.address),
    col(RegisterEntry.expires_on),
    col(RegisterEntry.entered_at),
    col(RegisterEntry.changed_at),
    col(RegisterEntry.withdrawn_at),
    col(RegisterEntry.withdrawn_reason),
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to keep, with the words and facts that find it for everybody and for staff."""

    entry_id: str
    book: str
    opd: str
    complaint_id: str | None
    origin: str
    cells: dict[str, Any]
    words: tuple[str, list[str]]
    staff_words: tuple[str, list[str]]
    lat: float | None
    lon: float | None
    address: str | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Point:
    """A place and how far around it to look."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in a register; `box` is south, west, north, east."""

    book: str
    to_staff: bool
    opd: str | None = None
    text: str = ""
    facts: tuple[str, ...] = ()
    status: str | None = None
    box: tuple[float, float, float, float] | None = None
    near: Point | None = None
    only_placed: bool = False


async def put_entries(
    connection: AsyncConnection, entries: Sequence[NewEntry], now: datetime
) -> None:
    """Keep entries, instead of what came from the same origins; what was withdrawn stays so."""
    if not entries:
        return
    statement = insert(RegisterEntry).values([_row(each, now) for each in entries])
    changed: dict[str, Any] = {
        name: statement.excluded[name]
        for name in (
            "opd", "cells", "words", "staff_words", "lat", "lon", "address", "expires_on",
            "changed_at",
        )
    }  # fmt: skip
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["book", "origin"], set_=changed)
    )


async def list_origins(
    connection: AsyncConnection, book: str, origins: Sequence[str]
) -> dict[str, Any]:
    """Return what is kept of these origins: cells, place, last day and whether it was withdrawn."""
    statement = select(*_SHOWN, col(RegisterEntry.origin)).where(
        col(RegisterEntry.book) == book, col(RegisterEntry.origin).in_(origins)
    )
    return {row.origin: row for row in (await connection.execute(statement)).all()}


async def list_matching(
    connection: AsyncConnection,
    book: str,
    facts: Sequence[str],
    near: Point | None,
) -> list[Listed]:
    """Return the entries that have these facts and lie near, the newest first."""
    wanted = Search(book, to_staff=True, facts=tuple(facts), near=near)
    statement = (
        select(*_SHOWN)
        .where(*_conditions(wanted, None), col(RegisterEntry.withdrawn_at).is_(None))
        .order_by(col(RegisterEntry.entry_id).desc())
        .limit(_MOST_COMPARED)
    )
    return [
        Listed(str(row.entry_id), row.cells, row.lat, row.lon, row.expires_on)
        for row in (await connection.execute(statement)).all()
    ]


def is_id(written: str) -> bool:
    """Tell whether a text can be the id of an entry."""
    return _ID.fullmatch(written) is not None


async def search_entries(
    connection: AsyncConnection, search: Search, today: date, before: str | None, most: int
) -> Sequence[Any]:
    """Return entries, the newest first; the nearest first where a point is given."""
    statement = search_statement(search, today, before, most)
    rows: Sequence[Any] = (await connection.execute(statement)).all()
    return rows


def search_statement(search: Search, today: date, before: str | None, most: int) -> Select[Any]:
    """Return the statement that searches, for its plan to be looked at."""
    statement = select(*_SHOWN).where(*_conditions(search, today)).limit(most)
    if before is not None:
        statement = statement.where(col(RegisterEntry.entry_id) < before)
    if search.near is not None:
        return statement.order_by(_distance(search.near), col(RegisterEntry.entry_id).desc())
    return statement.order_by(col(RegisterEntry.entry_id).desc())


async def withdraw_entry(
    connection: AsyncConnection,
    book: str,
    entry_id: str,
    opd: str | None,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Any:
    """Withdraw an entry once, and return it as it is then; None where there is none."""
    mine = [col(RegisterEntry.book) == book, col(RegisterEntry.entry_id) == entry_id]
    if opd is not None:
        mine.append(col(RegisterEntry.opd) == opd)
    await connection.execute(
        update(RegisterEntry)
        .where(*mine, col(RegisterEntry.withdrawn_at).is_(None))
        .values(withdrawn_at=now, withdrawn_by=by, withdrawn_reason=reason, changed_at=now)
    )
    return (await connection.execute(select(*_SHOWN).where(*mine))).first()


def _conditions(search: Search, today: date | None) -> list[ColumnElement[bool]]:
    entry = RegisterEntry
    found: list[ColumnElement[bool]] = [col(entry.book) == search.book]
    words = col(entry.staff_words) if search.to_staff else col(entry.words)
    if search.opd is not None:
        found.append(col(entry.opd) == search.opd)
    if search.text.strip():
        found.append(words.op("@@")(func.websearch_to_tsquery("simple", search.text)))
    if search.facts:
        found.append(words.op("@@")(cast(write_facts(search.facts), TSQUERY)))
    if search.only_placed or search.box is not None or search.near is not None:
        found.append(col(entry.lat).is_not(None))
    if search.box is not None:
        found.append(_inside(search.box))
    if search.near is not None:
        near = search.near
        found.append(_inside(box_around(near.lat, near.lon, near.metres)))
        found.append(_distance(near) <= near.metres)
    if search.status is not None and today is not None:
        found.append(_has_status(search.status, today))
    return found


def _inside(box: tuple[float, float, float, float]) -> ColumnElement[bool]:
    south, west, north, east = box
    return and_(
        col(RegisterEntry.lat).between(south, north), col(RegisterEntry.lon).between(west, east)
    )


def _distance(near: Point) -> ColumnElement[float]:
    """Write the distance on a plane, as `rules.registers.metres_between` computes it."""
    up = col(RegisterEntry.lat) - near.lat
    narrowing = func.cos(func.radians((col(RegisterEntry.lat) + near.lat) / 2))
    right = (col(RegisterEntry.lon) - near.lon) * narrowing
    return METRES_PER_DEGREE * func.sqrt(up * up + right * right)


def _has_status(status: str, today: date) -> ColumnElement[bool]:
    withdrawn = col(RegisterEntry.withdrawn_at).is_not(None)
    if status == "withdrawn":
        return withdrawn
    expires = col(RegisterEntry.expires_on)
    if status == "expired":
        return and_(~withdrawn, expires < today)
    return and_(~withdrawn, or_(expires.is_(None), expires >= today))


def _row(entry: NewEntry, now: datetime) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "book": entry.book,
        "opd": entry.opd,
        "complaint_id": entry.complaint_id,
        "origin": entry.origin,
        "cells": entry.cells,
        "words": _vector(*entry.words),
        "staff_words": _vector(*entry.staff_words),
        "lat": entry.lat,
        "lon": entry.lon,
        "address": entry.address,
        "expires_on": entry.expires_on,
        "entered_at": now,
        "changed_at": now,
    }


def _vector(words: str, facts: list[str]) -> ColumnElement[Any]:
    """Write words and facts as one vector; a fact is one lexeme, whatever is in it."""
    return func.to_tsvector("simple", words).op("||")(
        func.array_to_tsvector(cast(list(dict.fromkeys(facts)), ARRAY(TEXT)))
    )
