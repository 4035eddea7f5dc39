"""The SQL that fills the data bank: from complaints that changed, and from imported rows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import fetch

_LOCK_KEY: Final = 0x62616E6B  # "bank": any number that nothing else in this database locks
# One writer at a time: two that count the same weeks in different order would wait for each other.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:key)")
_TAKE_CHANGES: Final = text(
    """
    DELETE FROM bank_change
    WHERE seq IN (SELECT seq FROM bank_change ORDER BY seq LIMIT :most)
    RETURNING complaint_id
    """
)
_COLUMNS: Final = (
    "is_import",
    "submitted_at",
    "channel",
    "classification",
    "state",
    "opd",
    "topic",
    "area_code",
    "lat",
    "lon",
    "secret",
    "title",
    "text",
    "response_due_at",
    "responded_at",
    "resolved_at",
)
_WEEK: Final = "CAST(date_trunc('week', submitted_at AT TIME ZONE $1) AS date)"
# Words of the text, and the facts by which `rules.searching` chooses.
_WORDS: Final = """
    to_tsvector('indonesian', concat_ws(' ', title, text)) || array_to_tsvector(array_remove(ARRAY[
        '=opd:' || opd, '=topic:' || topic, '=area:' || left(area_code, 8), '=area:' || area_code,
        '=channel:' || channel, '=state:' || state, '=class:' || classification,
        CASE WHEN is_import THEN '=source:archive' ELSE '=source:live' END,
        '=month:' || to_char(submitted_at AT TIME ZONE $1, 'YYYY-MM'),
        '=year:' || to_char(submitted_at AT TIME ZONE $1, 'YYYY')
    ], NULL))
    """
_INTO: Final = f"INSERT INTO bank_entry AS b (entry_id, {', '.join(_COLUMNS)}, week, words)"
_FROM: Final = f"SELECT entry_id, {', '.join(_COLUMNS)}, {_WEEK}, {_WORDS}"
#: What staff do that answers a citizen for the first time.
_RESPONSES: Final = "('answered', 'progressed', 'information_requested', 'resolved', 'rejected')"
#: What staff called spam is in no statistics, and so not in the bank.
_IS_SPAM: Final = """EXISTS (
    SELECT FROM spam_mark s WHERE s.complaint_id = c.complaint_id AND s.undone_at IS NULL
)"""
_REMOVE_SPAM: Final = f"""
    DELETE FROM bank_entry USING complaint c
    WHERE entry_id = ANY (CAST($1 AS uuid[])) AND c.complaint_id = entry_id AND {_IS_SPAM}
    """  # noqa: S608 - names of our own
_REFRESH: Final = f"""
    {_INTO}
    {_FROM}
    FROM (
        SELECT c.complaint_id AS entry_id, false AS is_import, c.submitted_at, c.channel,
               c.classification, c.state, c.opd, c.topic, c.area_code, c.lat, c.lon, c.secret,
               c.title, c.text, due.at AS response_due_at, done.responded_at, done.resolved_at
        FROM complaint c
        LEFT JOIN LATERAL (
            SELECT min(happened_at) FILTER (WHERE kind IN {_RESPONSES}) AS responded_at,
                   max(happened_at) FILTER (WHERE kind = 'resolved') AS resolved_at
            FROM timeline_entry t WHERE t.complaint_id = c.complaint_id
        ) AS done ON true
        LEFT JOIN LATERAL (
            SELECT max(due_at) AS at FROM deadline d
            WHERE d.complaint_id = c.complaint_id AND d.stage = 'first_response'
              AND d.part = 0 AND d.epoch = 0
        ) AS due ON true
        WHERE c.complaint_id = ANY (CAST($2 AS uuid[])) AND NOT {_IS_SPAM}
        ORDER BY c.complaint_id
    ) AS changed
    ON CONFLICT (entry_id) DO UPDATE
    SET ({", ".join(_COLUMNS)}, week, words)
      = ROW({", ".join(f"EXCLUDED.{column}" for column in _COLUMNS)}, EXCLUDED.week, EXCLUDED.words)
    WHERE b.* IS DISTINCT FROM EXCLUDED.*
    """  # noqa: S608 - names of our own
_IMPORT_TYPES: Final[Mapping[str, str]] = {
    "entry_id": "uuid",
    "submitted_at": "timestamptz",
    "channel": "text",
    "classification": "text",
    "opd": "text",
    "topic": "text",
    "area_code": "text",
    "lat": "float8",
    "lon": "float8",
    "secret": "bool",
    "title": "text",
    "text": "text",
    "responded_at": "timestamptz",
    "resolved_at": "timestamptz",
}
_IMPORT_ARRAYS: Final = ", ".join(
    f"CAST(${place} AS {kind}[])" for place, kind in enumerate(_IMPORT_TYPES.values(), 2)
)
# A row that is there already stays as it is, and is announced no second time.
_IMPORT: Final = f"""
    WITH stored AS (
        {_INTO}
        {_FROM}
        FROM (
            SELECT *, true AS is_import, 'archived' AS state,
                   CAST(NULL AS timestamptz) AS response_due_at
            FROM unnest({_IMPORT_ARRAYS})
              AS r ({", ".join(_IMPORT_TYPES)})
            ORDER BY entry_id
        ) AS imported
        ON CONFLICT (entry_id) DO NOTHING
        RETURNING entry_id
    )
    INSERT INTO bank_announcement (entry_id) SELECT entry_id FROM stored RETURNING 1
    """  # noqa: S608 - names of our own
_WAITING: Final = text(
    """
    SELECT count(*) FROM (SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT :enough) AS waiting
    """
)
_TAKE_ANNOUNCEMENTS: Final = text(
    """
    WITH taken AS (
        DELETE FROM bank_announcement WHERE seq IN (
            SELECT seq FROM bank_announcement ORDER BY seq LIMIT :most FOR UPDATE SKIP LOCKED
        ) RETURNING seq, entry_id
    )
    SELECT b.entry_id, b.title, b.text, b.opd, b.topic, b.area_code, b.lat, b.lon, b.submitted_at,
           b.responded_at, b.resolved_at
    FROM taken JOIN bank_entry b USING (entry_id) ORDER BY taken.seq
    """
)
# The vocabulary is that of a sample: words that are rare beyond it help nobody who mistypes.
_SIZE: Final = text("SELECT greatest(reltuples, 0) FROM pg_class WHERE relname = 'bank_entry'")
_FORGET_WORDS: Final = text("DELETE FROM bank_word")
_LEARN_WORDS: Final = text(
    """
    WITH sample AS (
        SELECT entry_id, lower(concat_ws(' ', title, text)) AS said FROM bank_entry
        TABLESAMPLE SYSTEM (:percent) LIMIT :most
    ), spoken AS (
        SELECT DISTINCT entry_id, word
        FROM sample, regexp_split_to_table(said, '[^a-z]+') AS word
        WHERE length(word) BETWEEN 3 AND 24
    )
    INSERT INTO bank_word (word, share)
    SELECT word, CAST(count(*) AS float8) / (SELECT count(*) FROM sample)
    FROM spoken GROUP BY word
    """
)


async def lock_bank(connection: AsyncConnection) -> None:
    """Wait until nobody else writes entries in the bank; writers take turns."""
    await connection.execute(_LOCK, {"key": _LOCK_KEY})


async def take_changes(connection: AsyncConnection, most: int) -> list[str]:
    """Take complaints off the queue of those that changed; each is named once."""
    rows = await connection.execute(_TAKE_CHANGES, {"most": most})
    return sorted({str(row.complaint_id) for row in rows})


async def refresh_entries(
    connection: AsyncConnection, complaint_ids: Sequence[str], zone: str
) -> None:
    """Make the entries of these complaints what the complaints are now."""
    ids = list(complaint_ids)
    await fetch(connection, _REMOVE_SPAM, ids)
    await fetch(connection, _REFRESH, zone, ids)


async def insert_imports(
    connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], zone: str
) -> int:
    """Store imported entries, each to be announced; returns how many were not there before."""
    columns = [[row[column] for row in rows] for column in _IMPORT_TYPES]
    return len(await fetch(connection, _IMPORT, zone, *columns))


async def count_waiting(connection: AsyncConnection, enough: int) -> int:
    """Count events that wait for the relay, but no further than `enough`."""
    return int((await connection.execute(_WAITING, {"enough": enough})).scalar_one())


async def take_announcements(connection: AsyncConnection, most: int) -> Sequence[Row[Any]]:
    """Take imported entries off the queue of those that no event has told of."""
    return (await connection.execute(_TAKE_ANNOUNCEMENTS, {"most": most})).all()


async def learn_words(connection: AsyncConnection, most: int) -> None:
    """Learn the bank's vocabulary anew, from a sample of so many entries."""
    size = float((await connection.execute(_SIZE)).scalar_one())
    percent = 100.0 if size <= most else 100.0 * most / size
    await connection.execute(_FORGET_WORDS)
    await connection.execute(_LEARN_WORDS, {"percent": percent, "most": most})
