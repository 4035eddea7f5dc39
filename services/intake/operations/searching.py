"""Searching the bank: the newest, the most relevant or the most alike, window by window."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import bank_queries as queries
from services.intake.bank_queries import Position
from services.intake.bank_schemas import BankItem, BankPage, Sort
from services.intake.context import IntakeContext
from services.intake.errors import CursorUnknown
from services.intake.rules.searching import Filters, Span, Window, any_of, windows
from services.intake.rules.trends import words_of
from shared.cursor import read_cursor, write_cursor
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


async def span_of(
    connection: AsyncConnection, filters: Filters, zone: ZoneInfo, now: datetime
) -> Span | None:
    """Return the time to look through; None for an empty bank, and for days it knows nothing of."""
    oldest = await queries.by_index_alone(connection)
    return None if oldest is None else filters.span(oldest, now, zone)


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
    find = _find_newest if sort == "newest" else _find_relevant
    page = await find(connection, context, filters, now, cursor, limit)
    if page.items or cursor is not None or not filters.text:
        return page
    corrected = await _correct(connection, filters.text)
    if corrected is None:
        return page
    found = await find(connection, context, filters.spelled(corrected), now, None, limit)
    return found.model_copy(update={"searched_for": corrected})


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
    shares = await queries.find_shares(connection, words)
    # A word that nobody uses finds nothing, and a misspelled one nothing but itself: last.
    rarest = sorted(words, key=lambda word: (word not in shares, shares.get(word, 0.0)))
    if not rarest:
        return BankPage(items=[])
    chosen = filters.spelled(any_of(rarest[:RARE_WORDS]))
    found = await _score(connection, context, chosen, now, MOST_COMPARED, like)
    return BankPage(items=await _show_scored(connection, found[:limit]))


async def list_page(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    start: Position | None,
    most: int,
) -> list[Row[Any]]:
    """Return the newest matches after a position, as rows."""
    zone = zone_of(context)
    span = await span_of(connection, filters, zone, now)
    if span is None:
        return []
    before = start or Position(span.until, _LAST_ID)
    whole = Window(span.since, span.until, ())
    newest = await queries.probe_newest(connection, filters, whole, before, most, PROBED)
    if len(newest) == most:
        return list(newest)
    found: list[Row[Any]] = []
    for window in windows(span.before(before.submitted_at), zone):
        wanted = most - len(found)
        found += await queries.list_newest(connection, filters, window, before, wanted)
        if len(found) == most:
            break
    return found


def show(row: Row[Any], score: float | None = None) -> BankItem:
    """Show an entry."""
    values = dict(row._mapping)  # noqa: SLF001 - documented API
    is_import = values.pop("is_import")
    return BankItem.model_validate(
        {
            **values,
            "entry_id": str(values["entry_id"]),
            "source": "archive" if is_import else "live",
            "score": score,
        }
    )


async def _find_newest(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    cursor: str | None,
    limit: int,
) -> BankPage:
    start = None if cursor is None else _read_position(cursor)
    rows = await list_page(connection, context, filters, now, start, limit + 1)
    following = rows[limit - 1] if len(rows) > limit else None
    return BankPage(
        items=[show(row) for row in rows[:limit]],
        next=None
        if following is None
        else write_cursor(following.submitted_at.isoformat(), str(following.entry_id)),
    )


async def _find_relevant(
    connection: AsyncConnection,
    context: IntakeContext,
    filters: Filters,
    now: datetime,
    cursor: str | None,
    limit: int,
) -> BankPage:
    (skipped,) = (0,) if cursor is None else read_cursor(cursor, int)
    first = int(skipped)
    found = await _score(connection, context, filters, now, MOST_RANKED, None)
    last = first + limit
    return BankPage(
        items=await _show_scored(connection, found[max(first, 0) : last]),
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
    span = await span_of(connection, filters, zone, now)
    if span is not None:
        for window in windows(span, zone):
            yield window


async def _show_scored(
    connection: AsyncConnection, found: Sequence[tuple[float, datetime, str]]
) -> list[BankItem]:
    rows = await queries.list_named(connection, [entry_id for _, _, entry_id in found])
    return [show(rows[entry_id], score) for score, _, entry_id in found]


async def _correct(connection: AsyncConnection, written: str) -> str | None:
    """Return the search with its unknown words replaced; None where there is nothing to replace."""
    typed = sorted(words_of(written))
    known = await queries.find_shares(connection, typed)
    unknown = [word for word in typed if word not in known]
    alike = await queries.find_alike(connection, unknown) if unknown else {}
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
