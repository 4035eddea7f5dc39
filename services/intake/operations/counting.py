"""Counting what matches: facets, the map, and what people say about a thing."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import bank_queries as queries
from services.intake.bank_queries import DIMENSIONS
from services.intake.bank_schemas import (
    About,
    AreaCount,
    BankMap,
    CellCount,
    Facets,
    RisingWord,
    Tally,
    WordCount,
)
from services.intake.context import IntakeContext
from services.intake.operations.searching import (
    Wanted,
    bank_within,
    each_window,
    search,
    show,
    zone_of,
)
from services.intake.rules.searching import Filters
from services.intake.rules.trends import common_words, rising_words

#: The newest matches that are counted: what a request may cost has an end.
MOST_COUNTED: Final = 20_000
#: The newest matches whose words are compared.
MOST_READ: Final = 1_000
MOST_TALLIES: Final = 50
MOST_CELLS: Final = 500
MOST_WORDS: Final = 15
SAMPLE: Final = 5
#: What counts as recent when words are compared.
RECENT: Final = timedelta(days=28)

_DISTRICT_LENGTH: Final = 8


async def count_facets(
    connection: AsyncConnection, context: IntakeContext, filters: Filters, now: datetime
) -> Facets:
    """Count the newest matches by each of their properties."""
    zone = zone_of(context)
    tallies: dict[str, Counter[str | None]] = {name: Counter() for name in DIMENSIONS}
    totals: Counter[str] = Counter()
    async for window in each_window(connection, context, filters, now):
        # One more than is counted: then it is known whether there are more.
        wanted = MOST_COUNTED + 1 - totals["entries"]
        rows = await queries.count_matches(connection, filters, window, wanted, zone.key, now)
        for row in rows:
            dimension = _dimension_of(row.kind)
            if dimension is not None:
                tallies[dimension][getattr(row, dimension)] += row.entries
                continue
            for name in ("entries", "answered", "in_time", "late"):
                totals[name] += getattr(row, name)
        if totals["entries"] > MOST_COUNTED:
            break
    return Facets(
        entries=totals["entries"],
        complete=totals["entries"] <= MOST_COUNTED,
        most=MOST_COUNTED,
        answered=totals["answered"],
        in_time=totals["in_time"],
        late=totals["late"],
        opds=tally(tallies["opd"]),
        topics=tally(tallies["topic"]),
        areas=tally(tallies["area"]),
        channels=tally(tallies["channel"]),
        states=tally(tallies["state"]),
        classifications=tally(tallies["classification"]),
        months=_by_value(tallies["month"]),
    )


async def draw_map(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    grid: float,
) -> BankMap:
    """Count the newest matches by area, and by cells of so many degrees."""
    villages: Counter[str | None] = Counter()
    cells: Counter[tuple[float, float]] = Counter()
    counted = 0
    async for window in each_window(connection, context, filters, now):
        wanted = MOST_COUNTED + 1 - counted
        for row in await queries.count_places(connection, filters, window, wanted, grid):
            counted += row.entries
            villages[row.area] += row.entries
            if row.row is not None and row.column is not None:
                cells[(row.row, row.column)] += row.entries
        if counted > MOST_COUNTED:
            break
    districts: Counter[str | None] = Counter()
    for code, entries in villages.items():
        districts[code[:_DISTRICT_LENGTH] if code else None] += entries
    names = context.profile.area_names()
    return BankMap(
        complete=counted <= MOST_COUNTED,
        most=MOST_COUNTED,
        grid_degrees=grid,
        districts=_areas(districts, names),
        villages=_areas(villages, names),
        cells=[
            CellCount(
                lat=round((row + 0.5) * grid, 6), lon=round((column + 0.5) * grid, 6), entries=n
            )
            for (row, column), n in cells.most_common(MOST_CELLS)
        ],
    )


async def tell_about(
    connection: AsyncConnection, context: IntakeContext, filters: Filters, now: datetime
) -> About:
    """Tell what people said about something, in one answer."""
    # A first look also finds how it is really spelled.
    page = await search(connection, context, filters, now, limit=1)
    if page.searched_for is not None:
        filters = filters.spelled(page.searched_for)
    facets = await count_facets(connection, context, filters, now)
    bank = await bank_within(connection, context)
    rows = await bank.list_page(Wanted(filters, now, None, MOST_READ))
    since = (rows[0].submitted_at if rows else now) - RECENT
    recent = [_words(row) for row in rows if row.submitted_at >= since]
    before = [_words(row) for row in rows if row.submitted_at < since]
    due = facets.in_time + facets.late
    return About(
        **facets.model_dump(include={"entries", "complete", "most", "answered", "months"}),
        answered_in_time=facets.in_time / due if due else None,
        areas=facets.areas,
        opds=facets.opds,
        topics=facets.topics,
        common_words=[
            WordCount(word=word, entries=entries)
            for word, entries in common_words(map(_words, rows), MOST_WORDS)
        ],
        rising_words=[
            RisingWord(word=word, recent=rise.recent, ratio=round(rise.ratio, 2))
            for word, rise in rising_words(recent, before, MOST_WORDS)
        ],
        sample=[show(row) for row in rows[:SAMPLE]],
        searched_for=page.searched_for,
    )


def tally(counts: Counter[str | None]) -> list[Tally]:
    """Return counts as they are shown, the greatest first."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0] or ""))
    return [Tally(value=value, entries=entries) for value, entries in ranked[:MOST_TALLIES]]


def _by_value(counts: Counter[str | None]) -> list[Tally]:
    return [Tally(value=value, entries=counts[value]) for value in sorted(filter(None, counts))]


def _areas(counts: Counter[str | None], names: dict[str, str]) -> list[AreaCount]:
    return [
        AreaCount(area_code=code, name=names.get(code) if code else None, entries=entries)
        for code, entries in sorted(counts.items(), key=lambda each: (-each[1], each[0] or ""))
    ]


def _dimension_of(kind: int) -> str | None:
    """Return what a row of grouping sets is about: the one dimension whose bit is not set."""
    own = ((1 << len(DIMENSIONS)) - 1) ^ kind
    return DIMENSIONS[len(DIMENSIONS) - own.bit_length()] if own else None


def _words(row: object) -> str:
    title, text = getattr(row, "title", None), getattr(row, "text", "")
    return f"{title} {text}" if title else str(text)
