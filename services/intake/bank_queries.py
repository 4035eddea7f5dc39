"""The SQL of reading the data bank: by the index of its words, frequent ones by that of time.

A bank of a million entries makes Postgres' guesses about frequent words costly, so that sequential
scans are ruled out in these transactions and each statement asks for one window of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.rules.searching import MARK, Filters, Span, Window, write_query

#: What an entry shows; `words` is for the index alone.
_SHOWN: Final = (
    "entry_id, is_import, submitted_at, channel, classification, state, opd, topic, area_code, "
    "lat, lon, secret, title, text, responded_at, resolved_at"
)
_ASKED: Final = "(websearch_to_tsquery('indonesian', :text) && CAST(:facts AS tsquery))"
_SEEN: Final = """
    submitted_at >= :since AND submitted_at < :until
    AND (NOT secret OR :all_secrets OR opd = :own_opd)
    """
_MATCHES: Final = f"words @@ {_ASKED} AND {_SEEN}"
_BY_INDEX: Final = text(
    "SELECT set_config('enable_seqscan', 'off', true), (SELECT min(week) FROM bank_week)"
)
_PAGE: Final = text(
    f"""
    SELECT {_SHOWN} FROM bank_entry
    WHERE {_MATCHES} AND (submitted_at, entry_id) < (:before, CAST(:before_id AS uuid))
    ORDER BY submitted_at DESC, entry_id DESC LIMIT :most
    """  # noqa: S608 - names of our own
)
# As its index has it: no other statement shall use that one.
_UTC: Final = "(submitted_at AT TIME ZONE 'UTC')"
# The newest entries, one after the other: `probed` of them at most.
_PROBE: Final = text(
    f"""
    SELECT {_SHOWN} FROM (
        SELECT {_SHOWN}, words FROM bank_entry
        WHERE ({_UTC}, entry_id)
            < (CAST(:before AS timestamptz) AT TIME ZONE 'UTC', CAST(:before_id AS uuid))
        ORDER BY {_UTC} DESC, entry_id DESC LIMIT :probed
    ) AS newest
    WHERE (numnode({_ASKED}) = 0 OR words @@ {_ASKED}) AND {_SEEN}
    ORDER BY submitted_at DESC, entry_id DESC LIMIT :most
    """  # noqa: S608 - names of our own
)
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
_SHARES: Final = text("SELECT word, share FROM bank_word WHERE word = ANY (:words)")
_ALIKE: Final = text(
    """
    SELECT DISTINCT ON (typed) typed, word
    FROM unnest(CAST(:typed AS text[])) AS typed JOIN bank_word ON word % typed
    ORDER BY typed, similarity(word, typed) DESC, share DESC
    """
)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the newest begins: after this entry."""

    submitted_at: datetime
    entry_id: str


async def by_index_alone(connection: AsyncConnection) -> date | None:
    """Let this transaction's searches use an index, whatever Postgres thinks of the words.

    Returns the Monday of the oldest week that the bank knows.
    """
    _, oldest = (await connection.execute(_BY_INDEX)).one()
    return cast(date | None, oldest)


async def probe_newest(
    connection: AsyncConnection,
    filters: Filters,
    window: Window,
    before: Position,
    most: int,
    probed: int,
) -> Sequence[Row[Any]]:
    """Return the newest matches of a window among so many of the newest after a position."""
    values = {"before": before.submitted_at, "before_id": before.entry_id, "most": most}
    return (
        await connection.execute(_PROBE, _values(filters, window) | values | {"probed": probed})
    ).all()


async def list_newest(
    connection: AsyncConnection, filters: Filters, window: Window, before: Position, most: int
) -> Sequence[Row[Any]]:
    """Return the newest matches of a window that come after a position."""
    values = {"before": before.submitted_at, "before_id": before.entry_id, "most": most}
    return (await connection.execute(_PAGE, _values(filters, window) | values)).all()


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


async def list_named(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Return entries by their ids."""
    rows = await connection.execute(_NAMED, {"ids": list(ids)})
    return {str(row.entry_id): row for row in rows}


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


async def find_shares(connection: AsyncConnection, words: Sequence[str]) -> dict[str, float]:
    """Return how often words are used, of those that people use at all."""
    rows = await connection.execute(_SHARES, {"words": list(words)})
    return {row.word: row.share for row in rows}


async def find_alike(connection: AsyncConnection, typed: Sequence[str]) -> dict[str, str]:
    """Return for each word, where there is one, the known word that is spelled most like it."""
    rows = await connection.execute(_ALIKE, {"typed": list(typed)})
    return {row.typed: row.word for row in rows}


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
