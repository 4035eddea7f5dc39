"""Registers searched: by words, columns, state and place, as a list and as a layer of a map."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import register_queries
from services.intake.context import IntakeContext
from services.intake.operations.auditing import record
from services.intake.paper_errors import (
    RegisterEntryNotFound,
    RegisterSearchInvalid,
    RegisterUnknown,
)
from services.intake.register_queries import Point, Search
from services.intake.register_schemas import (
    MapFeature,
    MapGeometry,
    RegisterColumn,
    RegisterItem,
    RegisterMap,
    RegisterPage,
    RegisterView,
)
from services.intake.rules.registers import Book, books_of, facts_of, is_expired, metres_between
from shared.auth import Principal, Role
from shared.cursor import read_cursor, write_cursor
from shared.unit_of_work import UnitOfWork

#: So many entries at most are on a map at one time.
MOST_ON_MAP: Final = 2_000
_OF_AN_OPD: Final = (Role.OFFICER, Role.HEAD)
_BOX_SIDES: Final = 4
_POINT_PARTS: Final = 3
_MOST_METRES: Final = 5_000


def find_book(context: IntakeContext, code: str, caller: Principal | None) -> Book:
    """Return a register that is public, or is the caller's OPD's; raises RegisterUnknown."""
    book = books_of(context.catalogue.services).get(code)
    if book is None or not _may_search(book, caller):
        raise RegisterUnknown
    return book


def list_books(context: IntakeContext, caller: Principal | None) -> list[RegisterView]:
    """Return the registers that anybody, or the caller, may search."""
    books = books_of(context.catalogue.services).values()
    return [
        RegisterView(
            code=book.code,
            title=book.title,
            columns=[
                RegisterColumn(code=each.code, label=each.label, public=each.public)
                for each in book.shown(to_staff=caller is not None)
            ],
            has_map=book.place is not None and not book.place_is_personal,
        )
        for book in sorted(books, key=lambda each: each.title)
        if _may_search(book, caller)
    ]


def make_search(
    book: Book,
    caller: Principal | None,
    *,
    text: str = "",
    where: Sequence[str] = (),
    status: str | None = None,
    box: str | None = None,
    near: str | None = None,
    only_placed: bool = False,
) -> Search:
    """Read what is looked for; raises RegisterSearchInvalid.

    `where` are `column:value`, `box` is west, south, east, north and `near` lat, lon, metres.
    """
    to_staff = caller is not None
    shown = {column.code for column in book.shown(to_staff=to_staff)}
    facts: list[str] = []
    for each in where:
        code, colon, value = each.partition(":")
        if not colon or code not in shown or not value.strip():
            listed = ", ".join(sorted(shown))
            raise RegisterSearchInvalid(f"Tulis where=kolom:nilai. Kolom yang ada: {listed}.")
        facts += facts_of(code, _typed(book, code, value))
    return Search(
        book=book.code,
        to_staff=to_staff,
        opd=owner_of(book, caller),
        text=text,
        facts=tuple(facts),
        status=status,
        box=None if box is None else _box(box),
        near=None if near is None else _near(near),
        only_placed=only_placed,
    )


async def search_register(
    connection: AsyncConnection,
    book: Book,
    search: Search,
    today: date,
    *,
    cursor: str | None,
    limit: int,
) -> RegisterPage:
    """Return a page of entries; of those near a point the nearest alone. Raises Invalid."""
    before = str(read_cursor(cursor, str)[0]) if cursor is not None else None
    if before is not None and not register_queries.is_id(before):
        raise RegisterSearchInvalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
    rows = await register_queries.search_entries(connection, search, today, before, limit + 1)
    items = [show_entry(book, row, today, search) for row in rows[:limit]]
    has_more = len(rows) > limit and search.near is None
    return RegisterPage(
        items=items, next_cursor=write_cursor(items[-1].entry_id) if has_more else None
    )


async def draw_register_map(
    connection: AsyncConnection, book: Book, search: Search, today: date
) -> RegisterMap:
    """Return the entries that have a place as GeoJSON, the newest first."""
    rows = await register_queries.search_entries(connection, search, today, None, MOST_ON_MAP + 1)
    items = [show_entry(book, row, today, search) for row in rows[:MOST_ON_MAP]]
    return RegisterMap(
        features=[
            MapFeature(
                id=item.entry_id,
                geometry=MapGeometry(coordinates=(item.lon or 0.0, item.lat or 0.0)),
                properties={"status": item.status, "address": item.address, **item.texts},
            )
            for item in items
        ],
        more=len(rows) > MOST_ON_MAP,
    )


async def withdraw_entry(
    unit: UnitOfWork, book: Book, entry_id: str, reason: str, caller: Principal, today: date
) -> RegisterItem:
    """Withdraw an entry, as often as it is asked; raises RegisterEntryNotFound."""
    row = await register_queries.withdraw_entry(
        unit.connection,
        book.code,
        entry_id,
        owner_of(book, caller),
        by=caller.subject,
        reason=reason,
        now=unit.now,
    )
    if row is None:
        raise RegisterEntryNotFound
    record(
        unit,
        caller.subject,
        "register_entry_withdrawn",
        f"entry:{entry_id}",
        reason=reason,
        register=book.code,
    )
    return show_entry(book, row, today, Search(book.code, to_staff=True))


def show_entry(book: Book, row: Any, today: date, search: Search) -> RegisterItem:
    """Show an entry with the columns that whoever searches may see."""
    to_staff, near = search.to_staff, search.near
    shown = [
        each.code for each in book.shown(to_staff=to_staff) if row.cells.get(each.code) is not None
    ]
    metres = None
    if near is not None and row.lat is not None:
        metres = round(metres_between(near.lat, near.lon, row.lat, row.lon), 1)
    status = "expired" if is_expired(row.expires_on, today) else "valid"
    return RegisterItem.model_validate(
        {
            "entry_id": str(row.entry_id),
            "status": status if row.withdrawn_at is None else "withdrawn",
            "cells": {code: row.cells[code] for code in shown},
            "texts": {code: book.write(code, row.cells[code]) for code in shown},
            "lat": row.lat,
            "lon": row.lon,
            "address": row.address,
            "expires_on": row.expires_on,
            "entered_at": row.entered_at,
            "metres": metres,
            "opd": row.opd if to_staff else None,
            "complaint_id": str(row.complaint_id) if to_staff and row.complaint_id else None,
            "withdrawn_reason": row.withdrawn_reason if to_staff else None,
        }
    )


def owner_of(book: Book, caller: Principal | None) -> str | None:
    """Return whose entries alone the caller sees, where each OPD keeps its own."""
    if not book.separate or (caller is not None and caller.has(Role.ADMIN)):
        return None
    return caller.opd if caller is not None else None


def _may_search(book: Book, caller: Principal | None) -> bool:
    if caller is None:
        return book.public
    return caller.has(Role.ADMIN) or (caller.has(*_OF_AN_OPD) and caller.opd in book.opds)


def _typed(book: Book, code: str, value: str) -> Any:
    field = book.fields.get(code)
    if field is not None and field.type == "number":
        try:
            return float(value.replace(",", "."))
        except ValueError:
            return value
    return value


def _box(written: str) -> tuple[float, float, float, float]:
    parts = _numbers(written, _BOX_SIDES)
    if parts is None or parts[0] > parts[2] or parts[1] > parts[3]:
        raise RegisterSearchInvalid("Tulis bbox=barat,selatan,timur,utara dalam derajat.")
    west, south, east, north = parts
    return south, west, north, east


def _near(written: str) -> Point:
    parts = _numbers(written, _POINT_PARTS)
    if parts is None or not (abs(parts[0]) <= 90 and abs(parts[1]) <= 180):
        raise RegisterSearchInvalid("Tulis near=lat,lon,meter.")
    if not 0 < parts[2] <= _MOST_METRES:
        raise RegisterSearchInvalid(f"Jarak pada near paling jauh {_MOST_METRES} meter.")
    return Point(parts[0], parts[1], parts[2])


def _numbers(written: str, count: int) -> list[float] | None:
    try:
        found = [float(each) for each in written.split(",")]
    except ValueError:
        return None
    # No number (NaN) and no infinite one is below this.
    return found if len(found) == count and all(abs(each) < 1e6 for each in found) else None
