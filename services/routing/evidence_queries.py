"""The SQL of evidence: what was added, what looks like it, and what the desk shall look at."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.routing.evidence_tables import ClosingFlag, Evidence
from services.routing.proof import Shot, bands_of, neighbours_of

_MOST_ALIKE = 200
_SHOT = (
    col(Evidence.attachment_id),
    col(Evidence.complaint_id),
    col(Evidence.fingerprint),
    col(Evidence.taken_at),
    col(Evidence.lat),
    col(Evidence.lon),
)


async def insert_evidence(
    connection: AsyncConnection, shot: Shot, by: str, added_at: datetime
) -> None:
    """Keep what intake told of a photo or file."""
    row = {
        "attachment_id": shot.attachment_id,
        "complaint_id": shot.complaint_id,
        "added_at": added_at,
        "by": by,
        "fingerprint": shot.fingerprint,
        "bands": bands_of(shot.fingerprint),
        "taken_at": shot.taken_at,
        "lat": shot.lat,
        "lon": shot.lon,
    }
    await connection.execute(insert(Evidence).values(**row).on_conflict_do_nothing())


async def find_shots(
    connection: AsyncConnection, complaint_id: str, attachment_ids: Collection[str]
) -> list[Shot]:
    """Return which of these attachments are known as this case's."""
    statement = select(*_SHOT).where(
        col(Evidence.complaint_id) == complaint_id,
        col(Evidence.attachment_id).in_(attachment_ids),
    )
    return [_shot(row) for row in (await connection.execute(statement)).mappings()]


async def list_alike(connection: AsyncConnection, shot: Shot) -> list[Shot]:
    """Return pictures of other cases whose fingerprint may be near enough, at most 200."""
    neighbours = neighbours_of(shot.fingerprint)
    if not neighbours:
        return []
    statement = (
        select(*_SHOT)
        .where(
            col(Evidence.bands).overlap(neighbours),  # type: ignore[attr-defined]
            col(Evidence.complaint_id) != shot.complaint_id,
        )
        .limit(_MOST_ALIKE)
    )
    return [_shot(row) for row in (await connection.execute(statement)).mappings()]


async def insert_flags(connection: AsyncConnection, flags: Sequence[ClosingFlag]) -> None:
    """Raise flags for the desk."""
    if flags:
        await connection.execute(insert(ClosingFlag), [flag.model_dump() for flag in flags])


async def list_flags(connection: AsyncConnection, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return the flags that nobody has looked at, the oldest first."""
    statement = (
        select(*(col(getattr(ClosingFlag, name)) for name in ClosingFlag.model_fields))
        .where(col(ClosingFlag.seen_at).is_(None))
        .order_by(col(ClosingFlag.raised_at), col(ClosingFlag.flag_id))
        .limit(limit)
    )
    return cast(Sequence[Mapping[str, Any]], (await connection.execute(statement)).mappings().all())


async def lock_flag(connection: AsyncConnection, flag_id: str) -> Mapping[str, Any] | None:
    """Return a flag, if there is one, and let nobody else judge it in this transaction."""
    statement = (
        select(*(col(getattr(ClosingFlag, name)) for name in ClosingFlag.model_fields))
        .where(col(ClosingFlag.flag_id) == flag_id)
        .with_for_update()
    )
    return cast(Mapping[str, Any] | None, (await connection.execute(statement)).mappings().first())


async def see_flag(
    connection: AsyncConnection, flag_id: str, by: str, at: datetime, verdict: str
) -> None:
    """Note what a person made of a flag whose row is locked."""
    await connection.execute(
        update(ClosingFlag)
        .where(col(ClosingFlag.flag_id) == flag_id)
        .values(seen_by=by, seen_at=at, verdict=verdict)
    )


def _shot(row: Mapping[Any, Any]) -> Shot:
    return Shot(**{str(name): value for name, value in row.items()})
