"""All SQL on applications."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.application_tables import Application
from services.intake.tables import Complaint, Message, TimelineEntry
from shared.database import fetch

_AMONG: Final = """
    SELECT CAST(complaint_id AS text) AS complaint_id FROM application
    WHERE complaint_id = ANY (CAST($1 AS uuid[]))
    """


async def insert_application(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Store an application beside its complaint."""
    await connection.execute(insert(Application).values(**row))


async def find_application(connection: AsyncConnection, complaint_id: str) -> Application | None:
    """Return the application that a complaint is, or None."""
    return await _one(connection, complaint_id, lock=False)


async def lock_application(connection: AsyncConnection, complaint_id: str) -> Application | None:
    """Return the application that a complaint is, and let nobody else change it."""
    return await _one(connection, complaint_id, lock=True)


async def update_application(
    connection: AsyncConnection, complaint_id: str, changes: dict[str, Any]
) -> None:
    """Store changes of an application."""
    await connection.execute(
        update(Application).where(col(Application.complaint_id) == complaint_id).values(**changes)
    )


async def count_round(connection: AsyncConnection, complaint_id: str, now: datetime) -> None:
    """Count that an applicant was asked once more; no effect on what is no application."""
    await connection.execute(
        update(Application)
        .where(col(Application.complaint_id) == complaint_id)
        .values(rounds=col(Application.rounds) + 1, updated_at=now)
    )


async def list_applications_among(
    connection: AsyncConnection, complaint_ids: Collection[str]
) -> set[str]:
    """Return which of these complaints are applications."""
    rows = await fetch(connection, _AMONG, sorted(complaint_ids))
    return {row["complaint_id"] for row in rows}


async def put_holder(connection: AsyncConnection, complaint_id: str, opd: str) -> None:
    """Note which OPD has an application now; no effect on what is no application."""
    await connection.execute(
        update(Application).where(col(Application.complaint_id) == complaint_id).values(held_by=opd)
    )


async def find_code(connection: AsyncConnection, complaint_id: str) -> str:
    """Return an application's tracking code."""
    wanted = select(col(Complaint.tracking_code)).where(col(Complaint.complaint_id) == complaint_id)
    code: str = (await connection.execute(wanted)).scalar_one()
    return code


async def find_correction(
    connection: AsyncConnection, complaint_id: str, request_id: str
) -> Message | None:
    """Return the message by which an applicant answered a question, or None."""
    wanted = (
        select(*Message.__table__.columns)  # type: ignore[attr-defined]
        .where(
            col(Message.complaint_id) == complaint_id,
            col(Message.request_id) == request_id,
        )
        .order_by(col(Message.sent_at))
        .limit(1)
    )
    row = (await connection.execute(wanted)).mappings().first()
    return None if row is None else Message(**row)


async def put_received_text(connection: AsyncConnection, complaint_id: str, text: str) -> None:
    """Let an application's first entry of the timeline say what its service's file says."""
    await connection.execute(
        update(TimelineEntry)
        .where(
            col(TimelineEntry.complaint_id) == complaint_id,
            col(TimelineEntry.kind) == "received",
        )
        .values(text=text)
    )


async def _one(connection: AsyncConnection, complaint_id: str, *, lock: bool) -> Application | None:
    wanted = select(*Application.__table__.columns).where(  # type: ignore[attr-defined]
        col(Application.complaint_id) == complaint_id
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    row = (await connection.execute(wanted)).mappings().first()
    return None if row is None else Application(**row)
