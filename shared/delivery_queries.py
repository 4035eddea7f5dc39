"""SQL of the delivery tables: versions seen, events claimed, events held back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import JSON, Column, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.transport.message import ReceivedMessage

Stream = tuple[str, str]
HeldTable = Literal["parked", "dead_letter"]

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
_SET_VERSIONS = text(
    """
    INSERT INTO inbox_stream AS i (consumer, publisher, aggregateid, version)
    SELECT :consumer, s.*
    FROM unnest(CAST(:publishers AS text[]), CAST(:aggregates AS text[]),
                CAST(:versions AS int[])) s
    ON CONFLICT (consumer, publisher, aggregateid) DO UPDATE SET version = EXCLUDED.version
    """
)
_CLAIM = text(
    """
    INSERT INTO inbox (consumer, event_id)
    SELECT :consumer, id FROM unnest(CAST(:ids AS uuid[])) id ORDER BY id
    ON CONFLICT DO NOTHING
    """
)
_PARKED = text(
    """
    SELECT p.topic, p.key, p.value, p.headers
    FROM parked p
    JOIN unnest(CAST(:publishers AS text[]), CAST(:aggregates AS text[])) s (publisher, aggregateid)
      ON p.publisher = s.publisher AND p.aggregateid = s.aggregateid
    WHERE p.consumer = :consumer
    """
)


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
    )


_HELD: dict[HeldTable, Table] = {
    "parked": _held_table("parked"),
    "dead_letter": _held_table("dead_letter"),
}


async def lock_stream_versions(
    connection: AsyncConnection, consumer: str, streams: Collection[Stream]
) -> dict[Stream, int]:
    """Lock and return the last version that took effect, per stream that has one."""
    rows = await connection.execute(_LOCK_VERSIONS, _arrays(consumer, sorted(streams)))
    return {(row.publisher, row.aggregateid): row.version for row in rows}


async def set_stream_versions(
    connection: AsyncConnection, consumer: str, versions: Mapping[Stream, int]
) -> None:
    """Remember the last version that took effect, per stream."""
    if versions:
        streams = sorted(versions)
        await connection.execute(
            _SET_VERSIONS,
            {**_arrays(consumer, streams), "versions": [versions[s] for s in streams]},
        )


async def insert_inbox(connection: AsyncConnection, consumer: str, ids: Sequence[str]) -> int:
    """Claim events; returns how many were not claimed before."""
    if not ids:
        return 0
    result = await connection.execute(_CLAIM, {"consumer": consumer, "ids": list(ids)})
    return result.rowcount


async def list_parked(
    connection: AsyncConnection, consumer: str, streams: Collection[Stream]
) -> list[ReceivedMessage]:
    """Return the parked messages of these streams."""
    rows = await connection.execute(_PARKED, _arrays(consumer, sorted(streams)))
    return [
        ReceivedMessage(
            topic=row.topic,
            key=bytes(row.key).decode(),
            value=bytes(row.value),
            headers=row.headers,
            partition=-1,
            offset=-1,
        )
        for row in rows
    ]


def held_row(
    consumer: str,
    message: ReceivedMessage,
    reason: str,
    event_id: str,
    publisher: str | None,
    aggregateid: str | None,
    version: int | None,
) -> dict[str, Any]:
    """Build the row that keeps a message back, byte for byte."""
    return {
        "consumer": consumer,
        "event_id": event_id,
        "publisher": publisher,
        "aggregateid": aggregateid,
        "aggregate_version": version,
        "topic": message.topic,
        "key": message.key.encode(errors="replace"),
        "value": message.value,
        "headers": dict(message.headers),
        "reason": reason.replace("\x00", "")[:2000],
    }


async def insert_held(
    connection: AsyncConnection, table: HeldTable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Keep messages back; the same event twice is kept once."""
    if rows:
        await connection.execute(insert(_HELD[table]).on_conflict_do_nothing(), list(rows))


async def delete_held(
    connection: AsyncConnection, table: HeldTable, consumer: str, ids: Sequence[str]
) -> None:
    """Let messages go that are held back no longer."""
    if ids:
        held = _HELD[table]
        await connection.execute(
            held.delete().where(held.c.consumer == consumer, held.c.event_id.in_(ids))
        )


def _arrays(consumer: str, streams: Sequence[Stream]) -> dict[str, object]:
    return {
        "consumer": consumer,
        "publishers": [s[0] for s in streams],
        "aggregates": [s[1] for s in streams],
    }
