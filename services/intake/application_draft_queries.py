"""All SQL on applications that somebody has begun."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.application_tables import ApplicationDraft


async def insert_draft(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Store a draft."""
    await connection.execute(insert(ApplicationDraft).values(**row))


async def find_draft(
    connection: AsyncConnection, draft_id: str, now: datetime, *, lock: bool = False
) -> ApplicationDraft | None:
    """Return a draft that is not over; with `lock` nobody else changes or submits it."""
    wanted = select(*ApplicationDraft.__table__.columns).where(  # type: ignore[attr-defined]
        col(ApplicationDraft.draft_id) == draft_id, col(ApplicationDraft.expires_at) > now
    )
    if lock:
        wanted = wanted.with_for_update()
    row = (await connection.execute(wanted)).mappings().first()
    return None if row is None else ApplicationDraft(**row)


async def update_draft(
    connection: AsyncConnection, draft_id: str, content: bytes, expires_at: datetime
) -> None:
    """Store other answers, from now on for longer."""
    await connection.execute(
        update(ApplicationDraft)
        .where(col(ApplicationDraft.draft_id) == draft_id)
        .values(content=content, expires_at=expires_at)
    )


async def delete_draft(connection: AsyncConnection, draft_id: str) -> None:
    """Delete a draft."""
    await connection.execute(
        delete(ApplicationDraft).where(col(ApplicationDraft.draft_id) == draft_id)
    )


async def delete_expired(connection: AsyncConnection, now: datetime) -> None:
    """Delete the drafts that are over."""
    await connection.execute(
        delete(ApplicationDraft).where(col(ApplicationDraft.expires_at) <= now)
    )
