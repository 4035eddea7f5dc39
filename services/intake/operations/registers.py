"""Registers: entries of applications that are done, and what a register says of a new one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import document_queries, register_queries
from services.intake.application_tables import Application
from services.intake.context import IntakeContext
from services.intake.register_queries import NewEntry, Point
from services.intake.rules.registers import (
    NUMBER,
    Book,
    books_of,
    choose_match,
    day_in,
    facts_of,
    words_of,
)
from shared.catalogue.definition import Service
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork


async def look_up(
    connection: AsyncConnection, service: Service, answers: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """Return what the service's register says of an application; nothing where it looks up none.

    `register_match` is none, found, differs or expired; `register_metres` and `register_entry` are
    None where nothing was found. `register_differs` names the columns that differ. A column whose
    field was not answered is not compared; where nothing is left to go by, nothing is found.
    """
    registry = service.registry
    if registry is None or registry.match is None:
        return {}
    match = registry.match
    place = _place_in(answers, registry.place)
    facts = [
        fact
        for code in match.same
        if answers.get(code) is not None
        for fact in facts_of(code, answers[code])
    ]
    near = None
    if match.near_metres is not None and place is not None:
        near = Point(*place, match.near_metres)
    candidates = []
    if facts or near is not None:
        candidates = await register_queries.list_matching(connection, registry.code, facts, near)
    return choose_match(match, answers, place, candidates, today)


async def keep_entry(
    unit: UnitOfWork, context: IntakeContext, application: Application, answers: Mapping[str, Any]
) -> None:
    """Let an application that is done become an entry of its service's register, once.

    `answers` are all of them, for the place; what columns show are the public ones, whose words
    are masked. Done a second time, after a reopening, the entry is brought up to date.
    """
    service = await context.catalogue.find(
        unit.connection, application.service, application.version
    )
    registry = service.registry
    book = books_of([service, *context.catalogue.services]).get(registry.code) if registry else None
    if registry is None or not registry.keeps or book is None:
        return
    public = {**application.public_answers, **application.stage_answers}
    number = await document_queries.find_number(unit.connection, application.complaint_id)
    if number is None:
        number = application.number
    cells = {
        column.code: value
        for column in book.columns
        if (value := _value(column.source or column.code, public, number)) is not None
    }
    located = answers.get(registry.place or book.place or "")
    hidden = book.place_is_personal or not isinstance(located, dict)
    entry = make_entry(
        book,
        cells,
        opd=application.opd,
        origin=f"application/{application.complaint_id}",
        complaint_id=application.complaint_id,
        located=None if hidden else located,
    )
    await register_queries.put_entries(unit.connection, [entry], unit.now)


def make_entry(
    book: Book,
    cells: dict[str, Any],
    *,
    opd: str,
    origin: str,
    complaint_id: str | None = None,
    located: Mapping[str, Any] | None = None,
) -> NewEntry:
    """Make an entry of what its columns hold; `located` is a place as an answer has it."""
    place = located or {}
    return NewEntry(
        entry_id=new_id(),
        book=book.code,
        opd=opd,
        complaint_id=complaint_id,
        origin=origin,
        cells=cells,
        words=words_of(book, cells, to_staff=False),
        staff_words=words_of(book, cells, to_staff=True),
        lat=place.get("lat"),
        lon=place.get("lon"),
        address=place.get("address"),
        expires_on=day_in(cells, book.expires),
    )


def _value(source: str, answers: Mapping[str, Any], number: str | None) -> Any:
    return number if source == NUMBER else answers.get(source)


def _place_in(answers: Mapping[str, Any], code: str | None) -> tuple[float, float] | None:
    located = answers.get(code or "")
    return (located["lat"], located["lon"]) if isinstance(located, dict) else None
