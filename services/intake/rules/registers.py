"""Registers: what an entry's cells say, by which facts it is found, and what matches. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, hypot, radians
from typing import Any, Final

from services.intake.rules.likeness import METRES_PER_DEGREE
from shared.catalogue.blocks import Column, Match
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.fields import AnyField
from shared.catalogue.templates import write_answer

#: What begins a fact in the index; no word of a text begins with it.
_MARK: Final = "="
_MOST_FACT: Final = 200
_MOST_WORDS: Final = 20_000
#: Where a column's value is the number under which something was issued.
NUMBER: Final = "number"
#: Two sizes that differ by less are the same.
_SAME_SIZE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Book:
    """A register as its services' files say it.

    `opds` work with it, `offered_by` are those whose services keep it. With `separate` each of them
    keeps its own entries, and sees no others.
    `fields` are those that the columns' values come from, by column; a number has none.
    """

    code: str
    title: str
    columns: tuple[Column, ...]
    fields: Mapping[str, AnyField]
    place: str | None
    place_is_personal: bool
    expires: str | None
    public: bool
    opds: frozenset[str]
    offered_by: frozenset[str]
    separate: bool

    def shown(self, *, to_staff: bool) -> list[Column]:
        """Return the columns that everybody, or staff, may see."""
        return [column for column in self.columns if to_staff or column.public]

    def column(self, code: str) -> Column | None:
        """Return a column, or None."""
        return next((column for column in self.columns if column.code == code), None)

    def write(self, code: str, cell: Any) -> str:
        """Write a cell as people read it."""
        field = self.fields.get(code)
        return str(cell) if field is None else write_answer(field, cell)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a register that something may match."""

    entry_id: str
    cells: Mapping[str, Any]
    lat: float | None
    lon: float | None
    expires_on: date | None


def books_of(services: Iterable[Service]) -> dict[str, Book]:
    """Return the registers of a catalogue by their codes."""
    sharing: dict[str, list[Service]] = {}
    for service in services:
        if service.registry is not None:
            sharing.setdefault(service.registry.code, []).append(service)
    books = (_book(each) for each in sharing.values())
    return {book.code: book for book in books if book is not None}


def words_of(book: Book, cells: Mapping[str, Any], *, to_staff: bool) -> tuple[str, list[str]]:
    """Return the words and the facts by which everybody, or staff, finds an entry."""
    shown = [column for column in book.shown(to_staff=to_staff) if cells.get(column.code)]
    words = " ".join(book.write(column.code, cells[column.code]) for column in shown)
    facts = [each for column in shown for each in facts_of(column.code, cells[column.code])]
    return words[:_MOST_WORDS], facts


def facts_of(code: str, value: Any) -> list[str]:
    """Return the facts that stand for a column's value, one for each of several."""
    if isinstance(value, list | tuple):
        return [fact for each in value for fact in facts_of(code, each)]
    if isinstance(value, bool):
        written = "true" if value else "false"
    elif isinstance(value, int | float):
        written = f"{value:.10g}"
    else:
        written = " ".join(str(value).lower().split())
    return [f"{_MARK}{code}:{written}"[:_MOST_FACT]]


def write_facts(facts: Sequence[str]) -> str:
    """Write what Postgres casts to `tsquery`: all of these facts."""
    escaped = (each.replace("\\", "\\\\").replace("'", "''") for each in facts)
    return " & ".join(f"'{each}'" for each in escaped)


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the distance on a plane, which within a city differs from the sphere's by nothing."""
    narrowing = cos(radians((lat + other_lat) / 2))
    return METRES_PER_DEGREE * hypot(lat - other_lat, (lon - other_lon) * narrowing)


def box_around(lat: float, lon: float, metres: float) -> tuple[float, float, float, float]:
    """Return south, west, north and east of a box in which everything so near lies."""
    up = metres / METRES_PER_DEGREE
    right = up / max(0.01, cos(radians(min(89.0, abs(lat) + up))))
    return lat - up, lon - right, lat + up, lon + right


def choose_match(
    match: Match,
    answers: Mapping[str, Any],
    place: tuple[float, float] | None,
    candidates: Iterable[Listed],
    today: date,
) -> dict[str, Any]:
    """Return what a register says of an application: the names of `GENERAL`, and which entry.

    What is valid comes before what has expired, the nearest first, then the newest.
    """
    ranked: list[tuple[tuple[bool, float, int], Listed, float | None]] = []
    for order, each in enumerate(candidates):
        metres = _metres_to(each, place)
        if place is not None and not _is_near(metres, match.near_metres):
            continue
        rank = (is_expired(each.expires_on, today), metres or 0.0, order)
        ranked.append((rank, each, metres))
    if not ranked:
        return {"register_match": "none", "register_metres": None, "register_entry": None}
    rank, found, metres = min(ranked, key=lambda each: each[0])
    differing = [
        code for code in match.compare if differs(found.cells.get(code), answers.get(code))
    ]
    said: dict[str, Any] = {
        "register_match": "expired" if rank[0] else "differs" if differing else "found",
        "register_metres": None if metres is None else round(metres, 1),
        "register_entry": found.entry_id,
    }
    return {**said, "register_differs": differing} if differing else said


def is_expired(expires_on: date | None, today: date) -> bool:
    """Tell whether an entry's last day is over."""
    return expires_on is not None and expires_on < today


def differs(cell: Any, answer: Any) -> bool:
    """Tell whether two values differ; what was not answered differs from nothing."""
    if cell is None or answer is None:
        return False
    if isinstance(cell, int | float) and isinstance(answer, int | float):
        return abs(cell - answer) > _SAME_SIZE
    return facts_of("", cell) != facts_of("", answer)


def day_in(cells: Mapping[str, Any], code: str | None) -> date | None:
    """Return the day in a column; None where it holds none."""
    value = cells.get(code) if code is not None else None
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _is_near(metres: float | None, most: float | None) -> bool:
    return most is None or (metres is not None and metres <= most)


def _metres_to(listed: Listed, place: tuple[float, float] | None) -> float | None:
    if place is None or listed.lat is None or listed.lon is None:
        return None
    return metres_between(*place, listed.lat, listed.lon)


def _book(sharing: Sequence[Service]) -> Book | None:
    saying = next((s for s in sharing if s.registry is not None and s.registry.columns), None)
    if saying is None or saying.registry is None:
        return None
    registry = saying.registry
    known = {
        field.code: field
        for form in (saying.form, *(stage.form for stage in saying.stages))
        for field in all_fields(form)
    }
    sources = {column.code: column.source or column.code for column in registry.columns}
    opds = {opd for service in sharing for opd in service.opds}
    opds |= {
        service.opd_of(stage, opd)
        for service in sharing
        for stage in service.stages
        for opd in service.opds
    }
    place = known.get(registry.place or "")
    return Book(
        code=registry.code,
        title=registry.title,
        columns=registry.columns,
        fields={code: known[source] for code, source in sources.items() if source in known},
        place=registry.place,
        place_is_personal=place is not None and place.is_personal,
        expires=registry.expires,
        public=registry.public,
        opds=frozenset(opds),
        offered_by=frozenset(opd for service in sharing for opd in service.opds),
        separate=any(len(service.opds) > 1 for service in sharing),
    )
