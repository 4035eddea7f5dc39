"""The SQL of reading the data bank: by the index of its words, frequent ones by that of time.

A bank of a million entries makes Postgres' guesses about frequent words costly, so that sequential
scans are ruled out in these transactions and each statement asks for one window of time.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.bank_schemas import BankState
from services.intake.rules.searching import MARK, Filters, Span, Window, write_query

Fetch = Callable[..., Awaitable[list[Any]]]
"""Runs a statement of asyncpg's with its values: `Database.ask`, or `fetch` on a connection."""


class Entry(NamedTuple):
    """An entry as it is shown; in the order of the columns that every statement names."""

    entry_id: UUID
    is_import: bool
    submitted_at: datetime
    channel: str | None
    classification: str
    state: BankState
    opd: str | None
    topic: str | None
    area_code: str | None
    lat: float | None
    lon: float | None
    secret: bool
    title: str | None
    text: str
    responded_at: datetime | None
    resolved_at: datetime | None


_SHOWN: Final = ", ".join(Entry._fields)

_ASKED: Final = "(websearch_to_tsquery('indonesian', :text) && CAST(:facts AS tsquery))"
_SEEN: Final = """
    submitted_at >= :since AND submitted_at < :until
    AND (NOT secret OR :all_secrets OR opd = :own_opd)
    """
_MATCHES: Final = f"words @@ {_ASKED} AND {_SEEN}"
_BY_INDEX: Final = text(
    "SELECT set_config('enable_seqscan', 'off', true), (SELECT min(week) FROM bank_week)"
)
# As its index has it: no other statement shall use that one.
_UTC: Final = "(submitted_at AT TIME ZONE 'UTC')"
_OPEN_TO_THEM: Final = "(NOT secret OR all_secrets OR opd = own_opd)"
# For each search first the newest entries, one after the other, `probed` of them at most: of what
# is frequent a page is among them. Else one window after the other, until the page is full: rows of
# a nested loop come in the order of its outer side, and LIMIT asks for no more than it needs.
_NEWEST: Final = f"""
    WITH asked AS MATERIALIZED (
        SELECT place, websearch_to_tsquery('indonesian', words) && CAST(facts AS tsquery) AS query,
               since, until, before_at, before_id, all_secrets, own_opd, most, windows
        FROM unnest(
            CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS timestamptz[]),
            CAST($4 AS timestamptz[]), CAST($5 AS timestamptz[]), CAST($6 AS uuid[]),
            CAST($7 AS bool[]), CAST($8 AS text[]), CAST($9 AS int[]), CAST($10 AS text[])
        ) WITH ORDINALITY AS a (words, facts, since, until, before_at, before_id, all_secrets,
                                own_opd, most, windows, place)
    )
    SELECT asked.place, page.*
    FROM asked CROSS JOIN LATERAL (
        WITH probe AS MATERIALIZED (
            SELECT {_SHOWN} FROM (
                SELECT {_SHOWN}, words FROM bank_entry
                WHERE ({_UTC}, entry_id) < (before_at AT TIME ZONE 'UTC', before_id)
                ORDER BY {_UTC} DESC, entry_id DESC LIMIT $11
            ) AS newest
            WHERE (numnode(query) = 0 OR words @@ query)
              AND submitted_at >= since AND submitted_at < until
              AND {_OPEN_TO_THEM}
            ORDER BY submitted_at DESC, entry_id DESC LIMIT most
        )
        (SELECT * FROM probe WHERE (SELECT count(*) FROM probe) = most)
        UNION ALL
        (
            SELECT entry.*
            FROM json_to_recordset(CAST(windows AS json))
                AS part (since timestamptz, until timestamptz, periods text)
            CROSS JOIN LATERAL (
                SELECT {_SHOWN} FROM bank_entry
                WHERE words @@ (query && CAST(part.periods AS tsquery))
                  AND submitted_at >= part.since AND submitted_at < part.until
                  AND {_OPEN_TO_THEM}
                  AND (submitted_at, entry_id) < (before_at, before_id)
                ORDER BY submitted_at DESC, entry_id DESC LIMIT most
            ) AS entry
            WHERE (SELECT count(*) FROM probe) < most
            LIMIT most
        )
    ) AS page
    """  # noqa: S608 - names of our own
#: Of connections that ask for pages alone: the index of words whatever Postgres thinks of them, by
#: a plan that is made once.
READING: Final[Mapping[str, str]] = {
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "max_parallel_workers_per_gather": "0",
}
_OLDEST: Final = "SELECT min(week) AS week FROM bank_week"
_NAMED: Final = text(
    f"SELECT {_SHOWN} FROM bank_entry WHERE entry_id = ANY (CAST(:ids AS uuid[]))"  # noqa: S608
)
_SCORED: Final = {
    "relevance": "ts_rank(words, websearch_to_tsquery('indonesian', :text))",
    "likeness": "similarity(concat_ws(' ', title, text), :like)",
}
_MONTH: Final = "to_char(submitted_at AT TIME ZONE :zone, 'YYYY-MM')"
#: By what matches are counted, in the order of the statement's columns.
DIMENSIONS: Final = ("opd", "topic", "area", "channel", "state", "classification", "month")
_COUNT: Final = text(
    f"""
    SELECT CAST(grouping({", ".join(DIMENSIONS)}) AS int) AS kind, {", ".join(DIMENSIONS)},
           count(*) AS entries,
           count(responded_at) AS answered,
           count(*) FILTER (WHERE responded_at <= response_due_at) AS in_time,
           count(*) FILTER (WHERE response_due_at < coalesce(responded_at, :now)) AS late
    FROM (
        SELECT opd, topic, area_code AS area, channel, state, classification, {_MONTH} AS month,
               responded_at, response_due_at
        FROM bank_entry WHERE {_MATCHES}
        ORDER BY submitted_at DESC, entry_id DESC LIMIT :most
    ) AS matching
    GROUP BY GROUPING SETS ({", ".join(f"({each})" for each in DIMENSIONS)}, ())
    """  # noqa: S608 - names of our own
)
_PLACES: Final = text(
    f"""
    SELECT area_code AS area, floor(lat / :grid) AS row, floor(lon / :grid) AS "column",
           count(*) AS entries
    FROM (
        SELECT area_code, lat, lon FROM bank_entry WHERE {_MATCHES}
        ORDER BY submitted_at DESC, entry_id DESC LIMIT :most
    ) AS matching
    GROUP BY 1, 2, 3
    """  # noqa: S608 - names of our own
)
_WEEKS: Final = text(
    """
    SELECT week, sum(entries) AS entries FROM bank_week
    WHERE week >= :first AND week <= :last
      AND (CAST(:opd AS text) IS NULL OR opd = :opd)
      AND (CAST(:topic AS text) IS NULL OR topic = :topic)
      AND (CAST(:area AS text) IS NULL OR area = :area)
    GROUP BY week
    """
)
_TOPICS: Final = text(
    """
    SELECT topic, opd, CAST(coalesce(sum(entries) FILTER (WHERE week >= :recent), 0) AS int),
           CAST(coalesce(sum(entries) FILTER (WHERE week < :recent), 0) AS int)
    FROM bank_week
    WHERE week >= :first AND week < :end AND topic <> ''
      AND (CAST(:opd AS text) IS NULL OR opd = :opd)
      AND (CAST(:area AS text) IS NULL OR area = :area)
    GROUP BY topic, opd
    """
)
_OPEN: Final = text(
    """
    SELECT area_code, opd, count(*) AS entries FROM bank_entry
    WHERE words @@ CAST(:facts AS tsquery)
      AND submitted_at >= :since AND submitted_at < :until
      AND NOT secret AND state <> 'withdrawn'
    GROUP BY 1, 2
    """
)
# How well a vocabulary of the bank's own words knows what somebody typed.
_SHARES: Final = "SELECT word, share FROM bank_word WHERE word = ANY (CAST($1 AS text[]))"
_ALIKE: Final = """
    SELECT DISTINCT ON (typed) typed, word
    FROM unnest(CAST($1 AS text[])) AS typed JOIN bank_word ON word % typed
    ORDER BY typed, similarity(word, typed) DESC, share DESC
    """


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the newest begins: after this entry."""

    submitted_at: datetime
    entry_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that somebody asks for: the newest `most` after `before`, in all the windows."""

    filters: Filters
    windows: Sequence[Window]
    before: Position
    most: int


async def by_index_alone(connection: AsyncConnection) -> date | None:
    """Let this transaction's searches use an index, whatever Postgres thinks of the words.

    Returns the Monday of the oldest week that the bank knows.
    """
    _, oldest = (await connection.execute(_BY_INDEX)).one()
    return cast(date | None, oldest)


async def read_oldest(ask: Fetch) -> date | None:
    """Return the Monday of the oldest week that the bank knows."""
    return cast(date | None, (await ask(_OLDEST))[0]["week"])


async def list_newest(ask: Fetch, pages: Sequence[Asked], probed: int) -> list[list[Entry]]:
    """Return the newest matches of each page, by one statement for all.

    So many of the newest entries are `probed` before the index of words is asked.
    """
    found: list[list[Entry]] = [[] for _ in pages]
    for place, *shown in await ask(_NEWEST, *zip(*map(_asked, pages), strict=True), probed):
        found[place - 1].append(Entry._make(shown))
    return found


async def list_scored(
    connection: AsyncConnection, filters: Filters, window: Window, most: int, like: str | None
) -> list[tuple[float, datetime, str]]:
    """Return score, time and id of the newest matches of a window, in no order.

    The score is the likeness to a text where one is given, else the relevance of the words.
    """
    values = _values(filters, window) | {"most": most}
    if like is not None:
        values["like"] = like
    rows = await connection.execute(_scored("relevance" if like is None else "likeness"), values)
    return [(row.score, row.submitted_at, str(row.entry_id)) for row in rows]


async def list_named(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Entry]:
    """Return entries by their ids."""
    rows = await connection.execute(_NAMED, {"ids": list(ids)})
    return {str(row.entry_id): Entry._make(row) for row in rows}


async def count_matches(
    connection: AsyncConnection,
    filters: Filters,
    window: Window,
    most: int,
    zone: str,
    now: datetime,
) -> Sequence[Row[Any]]:
    """Count the newest matches of a window by each dimension, and altogether.

    `kind` has a bit for each dimension that a row is not about, the first dimension's the highest.
    """
    values = _values(filters, window) | {"most": most, "zone": zone, "now": now}
    return (await connection.execute(_COUNT, values)).all()


async def count_places(
    connection: AsyncConnection, filters: Filters, window: Window, most: int, grid: float
) -> Sequence[Row[Any]]:
    """Count the newest matches of a window by area and by cell of a grid of so many degrees."""
    values = _values(filters, window) | {"most": most, "grid": grid}
    return (await connection.execute(_PLACES, values)).all()


async def count_weeks(
    connection: AsyncConnection,
    first: date,
    last: date,
    opd: str | None,
    topic: str | None,
    area: str | None,
) -> dict[date, int]:
    """Return the entries of each week that has any, between two Mondays, both included."""
    values = {"first": first, "last": last, "opd": opd, "topic": topic, "area": area}
    rows = await connection.execute(_WEEKS, values)
    return {row.week: int(row.entries) for row in rows}


async def compare_topics(
    connection: AsyncConnection,
    first: date,
    recent: date,
    end: date,
    opd: str | None,
    area: str | None,
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return, by topic and OPD, the entries from `recent` up to `end`, and of the weeks before."""
    values = {"first": first, "recent": recent, "end": end, "opd": opd, "area": area}
    rows = await connection.execute(_TOPICS, values)
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


async def count_open(
    connection: AsyncConnection, month: str, span: Span
) -> dict[tuple[str | None, str | None], int]:
    """Return a month's entries by area and OPD, without those that are secret or withdrawn."""
    facts = write_query([f"{MARK}month:{month}"])
    values = {"facts": facts, "since": span.since, "until": span.until}
    rows = await connection.execute(_OPEN, values)
    return {(row.area_code, row.opd): row.entries for row in rows}


async def find_shares(ask: Fetch, words: Sequence[str]) -> dict[str, float]:
    """Return how often words are used, of those that people use at all."""
    return {row["word"]: row["share"] for row in await ask(_SHARES, words)}


async def find_alike(ask: Fetch, typed: Sequence[str]) -> dict[str, str]:
    """Return for each word, where there is one, the known word that is spelled most like it."""
    return {row["typed"]: row["word"] for row in await ask(_ALIKE, typed)}


def _scored(by: str) -> TextClause:
    return text(
        f"""
        SELECT {_SCORED[by]} AS score, submitted_at, entry_id FROM (
            SELECT words, title, text, submitted_at, entry_id FROM bank_entry WHERE {_MATCHES}
            ORDER BY submitted_at DESC, entry_id DESC LIMIT :most
        ) AS matching
        """  # noqa: S608 - names of our own
    )


def _values(filters: Filters, window: Window) -> dict[str, Any]:
    return {
        "text": filters.text,
        "facts": write_query(filters.facts(), window.periods),
        "since": window.since,
        "until": window.until,
        "all_secrets": filters.sees_all_secrets,
        "own_opd": filters.own_opd,
    }


def _asked(page: Asked) -> tuple[object, ...]:
    filters, parts = page.filters, page.windows
    windows = [
        {
            "since": part.since.isoformat(),
            "until": part.until.isoformat(),
            "periods": write_query([], part.periods),
        }
        for part in parts
    ]
    return (
        filters.text,
        write_query(filters.facts()),
        parts[-1].since,
        parts[0].until,
        page.before.submitted_at,
        page.before.entry_id,
        filters.sees_all_secrets,
        filters.own_opd,
        page.most,
        json.dumps(windows),
    )
