"""SQL of the delivery tables: versions seen, events claimed, events held back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import UUID, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import fetch
from shared.delivery_plan import Identity, Stream
from shared.masking import mask_identifiers
from shared.transport.message import ReceivedMessage

HeldTable = Literal["parked", "dead_letter"]


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """A parked event or a dead letter; without a stream where it cannot be read."""

    event_id: str
    stream: Stream | None
    version: int | None
    reason: str
    since: datetime
    message: ReceivedMessage


# Through SQLAlchemy, for it is a transaction's first statement, with which SQLAlchemy begins it.
_LOCK_VERSIONS = text(
    """
    SELECT i.publisher, i.aggregateid, i.version
    FROM inbox_stream i
    JOIN unnest(CAST(:publishers AS text[]), CAST(:aggregates AS text[])) s (publisher, aggregateid)
      ON i.publisher = s.publisher AND i.aggregateid = s.aggregateid
    WHERE i.consumer = :consumer
    ORDER BY i.publisher, i.aggregateid
    FOR UPDATE OF i
    """
)
# A stream that nothing was seen of has no row to lock, and two of its events at once would not see
# each other: the later one would be parked while the earlier one is just taking effect.
_OPEN_STREAMS = """
    INSERT INTO inbox_stream AS i (consumer, publisher, aggregateid, version)
    SELECT $1, s.*, 0
    FROM unnest(CAST($2 AS text[]), CAST($3 AS text[])) s
    ON CONFLICT (consumer, publisher, aggregateid) DO UPDATE SET version = i.version
    RETURNING publisher, aggregateid, version
    """
_SET_VERSIONS = """
    INSERT INTO inbox_stream AS i (consumer, publisher, aggregateid, version)
    SELECT $1, s.*
    FROM unnest(CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS int[])) s
    ON CONFLICT (consumer, publisher, aggregateid) DO UPDATE SET version = EXCLUDED.version
    """
# What takes effect is held back no longer, wherever it was; its streams' versions go with it.
_CLAIM = f"""
    WITH advanced AS ({_SET_VERSIONS}),
    claimed AS (SELECT id FROM unnest(CAST($5 AS uuid[])) id),
    released AS (
        DELETE FROM parked USING claimed WHERE consumer = $1 AND event_id = claimed.id
    ), forgiven AS (
        DELETE FROM dead_letter USING claimed WHERE consumer = $1 AND event_id = claimed.id
    )
    INSERT INTO inbox (consumer, event_id)
    SELECT $1, id FROM claimed ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING 1
    """  # noqa: S608 - a statement of our own
_PARKED = """
    SELECT p.topic, p.key, p.value, p.headers
    FROM parked p
    JOIN unnest(CAST($2 AS text[]), CAST($3 AS text[])) s (publisher, aggregateid)
      ON p.publisher = s.publisher AND p.aggregateid = s.aggregateid
    WHERE p.consumer = $1
    """


def _held_table(name: HeldTable) -> Table:
    return Table(
        name,
        MetaData(),
        Column("consumer", Text),
        Column("event_id", UUID(as_uuid=False)),
        Column("publisher", Text),
        Column("aggregateid", Text),
        Column("aggregate_version", Integer),
        Column("topic", Text),
        Column("key", LargeBinary),
        Column("value", LargeBinary),
        Column("headers", JSON),
        Column("reason", Text),
        Column("since", DateTime(timezone=True)),
    )


_HELD: dict[HeldTable, Table] = {
    "parked": _held_table("parked"),
    "dead_letter": _held_table("dead_letter"),
}


async def lock_stream_versions(
    connection: AsyncConnection, consumer: str, streams: Collection[Stream]
) -> dict[Stream, int]:
    """Lock these streams and return the last version of each that took effect, 0 for none."""
    publishers, aggregates = _columns(sorted(streams))
    known = await connection.execute(
        _LOCK_VERSIONS,
        {"consumer": consumer, "publishers": publishers, "aggregates": aggregates},
    )
    versions: dict[Stream, int] = {(row[0], row[1]): row[2] for row in known}
    if new := sorted(set(streams) - versions.keys()):
        rows = await fetch(connection, _OPEN_STREAMS, consumer, *_columns(new))
        versions |= {(row["publisher"], row["aggregateid"]): row["version"] for row in rows}
    return versions


async def set_stream_versions(
    connection: AsyncConnection, consumer: str, versions: Mapping[Stream, int]
) -> None:
    """Remember the last version that took effect, per stream."""
    await fetch(connection, _SET_VERSIONS, consumer, *_version_columns(versions))


async def claim_events(
    connection: AsyncConnection,
    consumer: str,
    ids: Sequence[str],
    versions: Mapping[Stream, int],
) -> int:
    """Claim events, and remember the versions that their streams reach by them.

    Returns how many of the events were not claimed before.
    """
    if not ids:
        return 0
    columns = _version_columns(versions)
    return len(await fetch(connection, _CLAIM, consumer, *columns, list(ids)))


async def list_parked(
    connection: AsyncConnection, consumer: str, streams: Collection[Stream]
) -> list[ReceivedMessage]:
    """Return the parked messages of these streams."""
    rows = await fetch(connection, _PARKED, consumer, *_columns(sorted(streams)))
    return [received(row) for row in rows]


def received(row: Mapping[str, Any]) -> ReceivedMessage:
    """Make the message again that a row of `parked` or `dead_letter` keeps."""
    return ReceivedMessage(
        topic=row["topic"],
        key=bytes(row["key"]).decode(errors="replace"),
        value=bytes(row["value"]),
        headers=row["headers"],
        partition=-1,
        offset=-1,
    )


async def list_held(
    connection: AsyncConnection, table: HeldTable, consumer: str
) -> list[HeldEvent]:
    """Return what a consumer keeps back, each stream's in the order of its versions."""
    held = _HELD[table]
    rows = await connection.execute(
        select(held)
        .where(held.c.consumer == consumer)
        .order_by(held.c.publisher, held.c.aggregateid, held.c.aggregate_version, held.c.since)
    )
    return [
        HeldEvent(
            event_id=row["event_id"],
            stream=None if row["publisher"] is None else (row["publisher"], row["aggregateid"]),
            version=row["aggregate_version"],
            reason=row["reason"],
            since=row["since"],
            message=received(dict(row)),
        )
        for row in rows.mappings()
    ]


def held_row(
    consumer: str,
    message: ReceivedMessage,
    reason: str,
    identity: Identity,
) -> dict[str, Any]:
    """Build the row that keeps a message back, byte for byte."""
    return {
        "consumer": consumer,
        "event_id": identity.event_id,
        "publisher": identity.publisher,
        "aggregateid": identity.complaint_id,
        "aggregate_version": identity.version,
        "topic": message.topic,
        "key": message.key.encode(errors="replace"),
        "value": message.value,
        "headers": dict(message.headers),
        "reason": _storable(reason),
    }


async def insert_held(
    connection: AsyncConnection, table: HeldTable, row: Mapping[str, Any]
) -> bool:
    """Keep a message back; tells whether it was not kept already."""
    statement = insert(_HELD[table]).values(dict(row)).on_conflict_do_nothing()
    return (await connection.execute(statement)).rowcount == 1


async def delete_held(
    connection: AsyncConnection, table: HeldTable, consumer: str, ids: Sequence[str]
) -> None:
    """Let go of messages that are held back no longer."""
    if ids:
        held = _HELD[table]
        await connection.execute(
            held.delete().where(held.c.consumer == consumer, held.c.event_id.in_(ids))
        )


def _columns(streams: Sequence[Stream]) -> tuple[list[str], list[str]]:
    """Return the publishers and the complaints of streams, as arrays of equal length."""
    return [stream[0] for stream in streams], [stream[1] for stream in streams]


def _version_columns(versions: Mapping[Stream, int]) -> tuple[list[str], list[str], list[int]]:
    streams = sorted(versions)
    return *_columns(streams), [versions[stream] for stream in streams]


def _storable(reason: str) -> str:
    """Mask what a handler's error may quote, and leave out what text in Postgres cannot hold."""
    written = reason.encode("utf-8", "replace").decode().replace("\x00", "")
    return mask_identifiers(written)[:2000]
