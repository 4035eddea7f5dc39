"""Searching the bank: the newest, the most relevant or the most alike, window by window."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import bank_queries as queries
from services.intake.bank_queries import Asked, Entry, Fetch, Position
from services.intake.bank_schemas import BankItem, BankPage, Sort
from services.intake.context import IntakeContext
from services.intake.errors import CursorUnknown
from services.intake.rules.searching import Filters, Span, Window, any_of, windows
from services.intake.rules.trends import words_of
from shared.cursor import read_cursor, write_cursor
from shared.database import fetch
from shared.ids import UUID_PATTERN

#: The newest matches of which the most relevant are chosen.
MOST_RANKED: Final = 500
#: The newest entries with one of a text's rare words of which the most alike are chosen.
MOST_COMPARED: Final = 300
#: By so many of its rarest words a text is compared with others.
RARE_WORDS: Final = 6

#: So many of the newest entries are looked at one after the other. A page of what is frequent is
#: among them; the index of words would name thousands for the month, and all would be sorted.
PROBED: Final = 400

_LAST_ID: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def zone_of(context: IntakeContext) -> ZoneInfo:
    """Return the Pemda's zone."""
    return ZoneInfo(context.profile.pemda.zone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page that somebody wants: the newest `most` matches, or those after a position."""

    filters: Filters
    now: datetime
    start: Position | None
    most: int


@dataclass(frozen=True, slots=True)
class Bank:
    """The bank as searches read it: by single statements, and pages of the newest."""

    ask: Fetch
    list_page: Callable[[Wanted], Awaitable[Sequence[Entry]]]


async def bank_within(connection: AsyncConnection, context: IntakeContext) -> Bank:
    """Return the bank as a transaction sees it."""
    await queries.by_index_alone(connection)
    ask = partial(fetch, connection)

    async def list_page(wanted: Wanted) -> Sequence[Entry]:
        return (await list_pages(ask, context, [wanted]))[0]

    return Bank(ask, list_page)


async def list_pages(
    ask: Fetch, context: IntakeContext, pages: Sequence[Wanted]
) -> Sequence[Sequence[Entry]]:
    """Return the pages that several want at the same time, by one statement for all."""
    zone = zone_of(context)
    oldest = await queries.read_oldest(ask)
    asked = [_asked(wanted, oldest, zone) for wanted in pages]
    sought = [each for each in asked if each is not None]
    found = iter(await queries.list_newest(ask, sought, PROBED) if sought else ())
    return [[] if each is None else next(found) for each in asked]


def _asked(wanted: Wanted, oldest: date | None, zone: ZoneInfo) -> Asked | None:
    """Return where to look for a page; None where nothing can be."""
    span = _span_of(oldest, wanted.filters, zone, wanted.now)
    if span is None:
        return None
    before = wanted.start or Position(span.until, _LAST_ID)
    parts = list(windows(span.before(before.submitted_at), zone))
    return Asked(wanted.filters, parts, before, wanted.most) if parts else None


async def search(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    *,
    sort: Sort = "newest",
    cursor: str | None = None,
    limit: int = 20,
) -> BankPage:
    """Return a page of what matches; raises CursorUnknown or Invalid for a strange cursor.

    Where nothing matches, words that nobody uses give way to those spelled most like them.
    """
    if sort == "newest":
        bank = await bank_within(connection, context)
        return await search_newest(bank, filters, now, cursor=cursor, limit=limit)
    start = 0 if cursor is None else int(read_cursor(cursor, int)[0])

    async def find(chosen: Filters) -> BankPage:
        return await _find_relevant(connection, context, chosen, now, max(start, 0), limit)

    ask = partial(fetch, connection)
    return await _spelled_right(ask, find, filters, begins=cursor is None)


async def search_newest(
    bank: Bank,
    filters: Filters,
    now: datetime,
    *,
    cursor: str | None = None,
    limit: int = 20,
) -> BankPage:
    """Return a page of what matches, the newest first; see `search`."""
    start = None if cursor is None else _read_position(cursor)

    async def find(chosen: Filters) -> BankPage:
        rows = await bank.list_page(Wanted(chosen, now, start, limit + 1))
        following = rows[limit - 1] if len(rows) > limit else None
        return BankPage(
            items=[show(row) for row in rows[:limit]],
            next=None
            if following is None
            else write_cursor(following.submitted_at.isoformat(), str(following.entry_id)),
        )

    return await _spelled_right(bank.ask, find, filters, begins=cursor is None)


async def find_alike(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    like: str,
    limit: int,
) -> BankPage:
    """Return what is most like a text, among the newest entries that share a rare word with it."""
    words = sorted(words_of(like))
    shares = await queries.find_shares(partial(fetch, connection), words)
    # A word that nobody uses finds nothing, and a misspelled one nothing but itself: last.
    rarest = sorted(words, key=lambda word: (word not in shares, shares.get(word, 0.0)))
    if not rarest:
        return BankPage(items=[])
    chosen = filters.spelled(any_of(rarest[:RARE_WORDS]))
    found = await _score(connection, context, chosen, now, MOST_COMPARED, like)
    return BankPage(items=await _show_scored(connection, found[:limit]))


def show(row: Entry, score: float | None = None) -> BankItem:
    """Show an entry; it is as the database has it, and not checked again."""
    values = row._asdict()
    is_import = values.pop("is_import")
    return BankItem.model_construct(
        **values | {"entry_id": str(row.entry_id)},
        source="archive" if is_import else "live",
        score=score,
    )


def _span_of(oldest: date | None, filters: Filters, zone: ZoneInfo, now: datetime) -> Span | None:
    """Return the time to look through; None for an empty bank, and for days it knows nothing of."""
    return None if oldest is None else filters.span(oldest, now, zone)


async def _find_relevant(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    first: int,
    limit: int,
) -> BankPage:
    found = await _score(connection, context, filters, now, MOST_RANKED, None)
    last = first + limit
    return BankPage(
        items=await _show_scored(connection, found[first:last]),
        next=write_cursor(last) if last < len(found) else None,
    )


async def _score(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    most: int,
    like: str | None,
) -> list[tuple[float, datetime, str]]:
    """Return score, time and id of the newest matches, those with the greatest score first."""
    found: list[tuple[float, datetime, str]] = []
    async for window in each_window(connection, context, filters, now):
        wanted = most - len(found)
        found += await queries.list_scored(connection, filters, window, wanted, like)
        if len(found) >= most:
            break
    return sorted(found, reverse=True)


async def each_window(
    connection: AsyncConnection, context: IntakeContext, filters: Filters, now: datetime
) -> AsyncIterator[Window]:
    """Yield the windows of what a caller chose, the newest first."""
    zone = zone_of(context)
    span = _span_of(await queries.by_index_alone(connection), filters, zone, now)
    if span is not None:
        for window in windows(span, zone):
            yield window


async def _show_scored(
    connection: AsyncConnection, found: Sequence[tuple[float, datetime, str]]
) -> list[BankItem]:
    rows = await queries.list_named(connection, [entry_id for _, _, entry_id in found])
    return [show(rows[entry_id], score) for score, _, entry_id in found]


async def _spelled_right(
    ask: Fetch,
    find: Callable[[Filters], Awaitable[BankPage]],
    filters: Filters,
    *,
    begins: bool,
) -> BankPage:
    page = await find(filters)
    if page.items or not begins or not filters.text:
        return page
    corrected = await _correct(ask, filters.text)
    if corrected is None:
        return page
    found = await find(filters.spelled(corrected))
    return found.model_copy(update={"searched_for": corrected})


async def _correct(ask: Fetch, written: str) -> str | None:
    """Return the search with its unknown words replaced; None where there is nothing to replace."""
    typed = sorted(words_of(written))
    known = await queries.find_shares(ask, typed)
    unknown = [word for word in typed if word not in known]
    alike = await queries.find_alike(ask, unknown) if unknown else {}
    if not alike:
        return None
    return " ".join(alike.get(word, word) for word in written.lower().split())


def _read_position(cursor: str) -> Position:
    written, entry_id = map(str, read_cursor(cursor, str, str))
    try:
        submitted_at = datetime.fromisoformat(written)
    except ValueError as error:
        raise CursorUnknown from error
    if submitted_at.tzinfo is None or re.fullmatch(UUID_PATTERN, entry_id) is None:
        raise CursorUnknown
    return Position(submitted_at, entry_id)
